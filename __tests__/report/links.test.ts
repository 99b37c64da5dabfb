import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { helpLink, link, portalLinks } from "../../src/report/links.ts";
import { hostileText } from "./hostile-text.ts";

const ID = "/subscriptions/5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90/resourcegroups/rg-prod/providers/Microsoft.ContainerService/managedClusters/aks-prod";

describe("links to the portal", () => {
  it.each([
    ["AzureCloud", "https://portal.azure.com"],
    ["AzureUSGovernment", "https://portal.azure.us"],
    ["AzureChinaCloud", "https://portal.azure.cn"],
  ])("of %s lead to %s", (environment, host) => {
    expect(portalLinks(environment, ID)).toEqual({ portal: `${host}/#@/resource${ID}/overview`, activityLog: `${host}/#@/resource${ID}/eventlogs` });
  });

  it.each([
    ["a cloud that is named by its endpoint", "https://management.local.azurestack.external", ID],
    ["a name that every object has", "constructor", ID],
    ["no cluster", "AzureCloud", ""],
    ["a name of which nothing can be encoded", "AzureCloud", ID.replace("aks-prod", "\ud800")],
    ["another resource", "AzureCloud", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/x"],
  ])("are none for %s", (_, environment, id) => {
    expect(portalLinks(environment, id)).toEqual({ portal: "", activityLog: "" });
  });

  it("encode parentheses, which would end a link of Markdown", () => {
    expect(portalLinks("AzureCloud", ID.replace("rg-prod", "rg(old)")).portal).toContain("/rg%28old%29/");
  });

  it("keep their host and their form, whatever Azure calls the cluster", () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        const { portal } = portalLinks("AzureCloud", ID.replace("aks-prod", () => name));
        if (portal !== "") expect(portal).toMatch(/^https:\/\/portal\.azure\.com\/#@\/resource(?:\/[\w.%~-]+)+\/overview$/);
      }),
    );
  });
});

describe("a link to help", () => {
  it("has the anchor in lower case", () => {
    expect(helpLink("https://github.com/contoso/x/blob/v1/docs/troubleshooting.md", "SwitchFailed")).toBe("https://github.com/contoso/x/blob/v1/docs/troubleshooting.md#switchfailed");
  });

  it.each(["", "a b", "x)[y](https://evil.example", "é"])("is none for the anchor %j", (anchor) => {
    expect(helpLink("https://github.com/contoso/x", anchor)).toBe("");
  });

  it("is no Markdown where there is no address", () => {
    expect(link("Help", "")).toBe("");
  });
});
