// Draws the contract with Swagger UI. A file of its own, because the page's policy lets nothing run inline.
window.ui = SwaggerUIBundle({
  url: "openapi.yaml",
  dom_id: "#contract",
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  filter: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // would send the contract's address to another server
});
