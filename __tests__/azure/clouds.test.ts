import { describe, expect, it } from "vitest";
import { cloudFromMetadata } from "../../src/azure/clouds.ts";
import { ServiceError } from "../../src/lib/errors.ts";

const ENDPOINT = new URL("https://management.contoso.example/");
const CONTOSO = {
  name: "Contoso",
  resourceManager: "https://management.contoso.example/",
  authentication: { loginEndpoint: "https://login.contoso.example/", audiences: ["https://management.contoso.example", "other"] },
};
const AZURE = {
  name: "AzureCloud",
  resourceManager: "https://management.azure.com/",
  authentication: { loginEndpoint: "https://login.microsoftonline.com", audiences: ["https://management.core.windows.net/"] },
};

describe("a cloud from its endpoint metadata", () => {
  it.each([
    ["among several", [AZURE, CONTOSO]],
    ["alone in a list", [CONTOSO]],
    ["on its own", CONTOSO],
    ["without naming its Resource Manager", { ...CONTOSO, resourceManager: undefined }],
  ])("is found %s", (_, metadata) => {
    expect(cloudFromMetadata(ENDPOINT, metadata)).toEqual({
      name: "Contoso",
      resourceManager: "https://management.contoso.example",
      login: "https://login.contoso.example",
      scope: "https://management.contoso.example/.default",
      isPublic: false,
    });
  });

  it("knows a public cloud's sign-in behind another address", () => {
    expect(cloudFromMetadata(new URL("https://management.azure.com"), [AZURE])).toMatchObject({
      isPublic: true,
      scope: "https://management.core.windows.net//.default",
    });
  });

  it.each([
    ["another cloud's metadata", [AZURE, { ...AZURE, name: "x" }]],
    ["nothing", null],
    ["a text", "<html>"],
    ["a sign-in endpoint without TLS", [{ ...CONTOSO, authentication: { ...CONTOSO.authentication, loginEndpoint: "http://login" } }]],
    ["audiences of another shape", [{ ...CONTOSO, authentication: { loginEndpoint: "https://login", audiences: "x" } }]],
  ])("refuses %s", (_, metadata) => {
    expect(() => cloudFromMetadata(ENDPOINT, metadata)).toThrow(ServiceError);
  });
});
