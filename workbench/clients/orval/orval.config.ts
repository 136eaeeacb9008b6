import { defineConfig } from "orval";

export default defineConfig({
  bookstore: {
    input: "../../../spec/openapi.yaml",
    output: {
      target: "generated/bookstore.ts",
      client: "fetch",
      // Parameters for If-Match and Idempotency-Key; by default, orval leaves out all headers.
      headers: true,
      baseUrl: { runtime: "process.env.BOOKSTORE_URL" },
    },
  },
});
