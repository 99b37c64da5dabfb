/** The switch on clouds that are stricter, older or newer than the recorded one: one accepted PUT, and nothing is lost. */
import { describe, expect, it } from "vitest";
import type { World } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import { annotated, outcomes, PUT, REFRESH, REGISTER } from "./world.ts";

const HOUR = 3_600_000;
/** The accepted ones among the requests that change something. */
const accepted = (changes: readonly string[]): readonly string[] => changes.filter((change) => !/\(4\d\d\)$/.test(change));
const withoutRight = (action: string) => (world: World) => {
  world.rights.arm = world.rights.arm.filter((right) => right.action !== action);
};
/** The flag has been Registering for ten hours, and will be for weeks. */
function slowly(world: World): void {
  world.feature.registrationAskedAt = world.startedAt - 10 * HOUR;
  world.timing.featureRegistration = 1000 * HOUR;
}
const REGISTER_ACTION = "Microsoft.Features/providers/features/register/action";

describe("a cloud", () => {
  it.each<[string, (world: World) => void]>([
    ["that takes only quoted eTags", (world) => (world.resourceManager.ifMatch = "quoted")],
    ["that takes only bare eTags", (world) => (world.resourceManager.ifMatch = "bare")],
    ["whose bodies spell etag", (world) => Object.assign(world.resourceManager, { eTagName: "etag", ifMatch: "quoted" })],
    ["whose newest api-version is 2026-05-01", (world) => Object.assign(world.resourceManager.apiVersions, { known: ["2025-10-01", "2026-01-01", "2026-05-01"] })],
    ["that knows only previews with the property", (world) => Object.assign(world.resourceManager.apiVersions, { known: ["2025-10-01", "2025-08-02-preview"], refusal: "InvalidResourceType" })],
    ["that resets what the api-version of a PUT cannot express", (world) => Object.assign(world.resourceManager.apiVersions, { newerProperties: "resets" })],
  ])("%s is switched with one accepted PUT that changes nothing else", async (_, tweak) => {
    await using simulator = await startWorld("flag-graduated", { tweak });
    const before = structuredClone(simulator.world.cluster.body);
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining" });
    expect(accepted(run.changes)).toEqual([PUT]);
    const settled = (body: unknown) => JSON.parse(JSON.stringify(body, (key, value: unknown) => (/^etag$/i.test(key) || key === "proxyRedirectionMechanism" || key === "systemData" ? undefined : value))) as unknown;
    expect(settled(simulator.world.cluster.body)).toEqual(settled(before));
  });

  it("whose bodies do not name the mechanism of a new mesh: nothing is switched that is on already", async () => {
    const unnamed = (world: World): void => {
      const mesh = world.cluster.body["properties"] as { serviceMeshProfile: { istio: { components?: object } } };
      delete mesh.serviceMeshProfile.istio.components;
    };
    await using simulator = await startWorld("compliant", { tweak: unnamed });
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "compliant", "redirection-mechanism": "CNIChaining" });
    expect(run.changes).toEqual([]);
  });
});

describe("the preview flag, with register-feature: auto", () => {
  it.each<[string, (world: World) => void, readonly string[]]>([
    ["that may not be registered", withoutRight(REGISTER_ACTION), []],
    ["that waits for an approval", (world) => Object.assign(world.feature, { variant: "pending", registrationAskedAt: world.startedAt - HOUR }), []],
    ["that has been Registering for ten hours", slowly, []],
    ["whose provider may not be refreshed", withoutRight("Microsoft.ContainerService/register/action"), [REGISTER]],
  ])("%s: the switch is made without it where Azure does not need it", async (_, tweak, before) => {
    const simulated = (world: World): void => {
      world.feature.required = false;
      tweak(world);
    };
    await using simulator = await startWorld("fresh", { tweak: simulated });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(accepted(run.changes)).toEqual([...before, PUT]);
    expect(outcomes(run.report)["switch-redirection"]).toBe("done");
  });

  it("that may not be registered: the run says which right is missing where Azure needs the flag", async () => {
    await using simulator = await startWorld("fresh", { tweak: withoutRight(REGISTER_ACTION) });
    const run = await act(simulator);
    expect(run.exitCode, run.log).toBe(1);
    expect(accepted(run.changes)).toEqual([]);
    expect(annotated(run, "error")[0]).toContain(REGISTER_ACTION);
    expect(annotated(run, "error")[0]).toContain("for want of the feature");
  });

  it("that takes half an hour to register: the run tries after ten minutes, and goes on waiting after the refusal", async () => {
    await using simulator = await startWorld("fresh", { tweak: (world) => void (world.timing.featureRegistration = 30 * 60_000) });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(accepted(run.changes)).toEqual([REGISTER, REFRESH, PUT]);
    expect(run.changes.filter((change) => change === `${PUT} (400)`).length).toBeGreaterThan(0);
    expect(outcomes(run.report)).toMatchObject({ "register-feature": "done", "refresh-provider": "done" });
  });

  it("is registered where Azure needs it, and the log does not call that unneeded before", async () => {
    await using simulator = await startWorld("fresh", { tweak: withoutRight("Microsoft.Features/providers/features/read") });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(run.log).toContain("only if Azure refuses the switch for want of it: Register the feature");
    expect(run.log).not.toContain("not needed: Register the feature");
  });
});
