/** The clouds that have a name, under their real names: a proxy leads each to the simulator. */
import { describe, expect, it } from "vitest";
import { createCertificates, startSimulator } from "../../simulator/index.ts";
import { publicHosts, startPublicInternet } from "../../simulator/server/public-internet.ts";
import { act } from "./world.ts";

const github = "https://api.github.com";
const CLOUDS = [
  ["AzureCloud", { arm: "https://management.azure.com", entra: "https://login.microsoftonline.com", github }],
  ["AzureUSGovernment", { arm: "https://management.usgovcloudapi.net", entra: "https://login.microsoftonline.us", github }],
  ["AzureChinaCloud", { arm: "https://management.chinacloudapi.cn", entra: "https://login.partner.microsoftonline.cn", github }],
] as const;
const certificates = createCertificates(publicHosts(...CLOUDS.map(([, names]) => names)));

describe("a cloud that has a name", () => {
  it.each(CLOUDS)("%s: a check reaches its own endpoints and GitHub only, and asks for no endpoint metadata", async (name, names) => {
    await using simulator = await startSimulator({ scenario: "reset-by-terraform", certificates, publicNames: names });
    using internet = await startPublicInternet(simulator, names);
    const run = await act(simulator, { "azure-environment": name, mode: "check", "drift-issue": "true" }, { env: { ...internet.env, ...internet.oidc, GITHUB_API_URL: names.github } });
    expect(internet.strangers, run.log).toEqual([]);
    expect(run.outputs, run.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    const { requestLog } = simulator;
    expect(requestLog.of("arm").filter(({ path }) => path === "/metadata/endpoints")).toEqual([]);
    expect(new Set(requestLog.of("arm").map(({ headers }) => `${headers.host ?? ""} ${headers.authorization ?? ""}`))).toEqual(new Set([`${new URL(names.arm).host} Bearer ${names.arm}`]));
    expect(new Set(requestLog.of("entra").map(({ headers }) => headers.host))).toEqual(new Set([new URL(names.entra).host]));
  });
});
