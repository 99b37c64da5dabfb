import { describe, expect, it } from "vitest";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { clusterWithLinks, jobUrl } from "../../../src/actions/fleet-summary/links.ts";
import { fleetReport, reads } from "./samples.ts";

const RUN = "https://github.com/contoso/platform/actions/runs/42";

/** A member whose report names this URL. */
function memberWith(url: string): ReturnType<typeof assembleFleet>["members"][number] {
  const [member] = assembleFleet(reads([fleetReport("aks-1", { run: { url } })]), undefined, undefined).members;
  if (member === undefined) throw new Error("there is no member");
  return member;
}

describe("the link to a cluster's job", () => {
  it.each([
    ["the job", `${RUN}/job/7`, `${RUN}/job/7`],
    ["another run", "https://github.com/contoso/platform/actions/runs/41", "https://github.com/contoso/platform/actions/runs/41"],
    ["nothing for the run of the page itself", RUN, ""],
    ["nothing without a URL", "", ""],
    ["nothing at another host", "https://evil.example/contoso/platform/actions/runs/42/job/7", ""],
    ["nothing at a host that begins as this one", "https://github.com.evil.example/contoso/platform/actions/runs/42/job/7", ""],
    ["nothing at another path", "https://github.com/contoso/platform/settings", ""],
    ["nothing that leaves its path", "https://github.com/contoso/../actions/runs/42", ""],
    ["nothing with Markdown in it", `${RUN}/job/7)[x](https://evil.example`, ""],
    ["nothing of another scheme", "javascript:alert(1)", ""],
  ])("is %s", (_, url, expected) => {
    expect(jobUrl(memberWith(url), { run: RUN, azureEnvironment: "" })).toBe(expected);
  });

  it("is none where the run of the page is not known", () => {
    expect(jobUrl(memberWith(`${RUN}/job/7`), { run: "", azureEnvironment: "" })).toBe("");
  });

  it("stands beside the one to the portal, where the cloud has one", () => {
    const member = memberWith(`${RUN}/job/7`);
    expect(clusterWithLinks(member, { run: RUN, azureEnvironment: "AzureUSGovernment" })).toMatch(/^\[<code>aks-1<\/code>\]\(https:\/\/github\.com\/contoso\/platform\/actions\/runs\/42\/job\/7\) \(\[portal\]\(https:\/\/portal\.azure\.us\/#@\/resource\/subscriptions\/[^)]+\)\)$/);
    expect(clusterWithLinks(member, { run: "", azureEnvironment: "https://management.local" })).toBe("<code>aks-1</code>");
  });
});
