import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  input: "../../../spec/openapi.yaml",
  output: "generated",
  plugins: [
    "@hey-api/client-fetch",
    "@hey-api/sdk",
    // Constants such as ProblemType.PRECONDITION_FAILED, besides the types.
    { name: "@hey-api/typescript", enums: "javascript" },
  ],
});
