/** Requests that change something and whose answer does not arrive: the service may have carried them out, so the run counts as one that changed something. */
import { describe, expect, it } from "vitest";
import type { Fault, ScenarioName, World } from "../../simulator/index.ts";
import { cancel } from "../../simulator/runner/cancel.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { outcomes, SLOW_POLLS } from "./world.ts";

interface Case {
  readonly scenario: ScenarioName;
  readonly tweak?: (world: World) => void;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly isWrite: Fault["match"];
  readonly step: string;
  readonly service: "Azure" | "the API server";
}

const isPatch: Fault["match"] = ({ service, method, query }) => service === "kubernetes" && method === "PATCH" && query.get("dryRun") === null;

const CASES: Readonly<Record<string, Case>> = {
  "the PUT of the cluster": { scenario: "flag-graduated", isWrite: ({ service, method }) => service === "arm" && method === "PUT", step: "switch-redirection", service: "Azure" },
  "the registration of the feature": { scenario: "fresh", isWrite: ({ method, path }) => method === "POST" && path.endsWith("/IstioCNIPreview/register"), step: "register-feature", service: "Azure" },
  "the registration of the provider": { scenario: "fresh", isWrite: ({ method, path }) => method === "POST" && path.endsWith("/Microsoft.ContainerService/register"), step: "refresh-provider", service: "Azure" },
  "the label of a namespace": {
    scenario: "compliant",
    tweak: ({ kubernetes }) => {
      for (const { labels } of kubernetes.namespaces.filter(({ name }) => name === "shop")) for (const entry of labels) entry.labels = {};
    },
    inputs: { namespaces: "shop", "label-namespaces": "true" },
    isWrite: isPatch,
    step: "label-namespaces",
    service: "the API server",
  },
  "the restart of a workload": { scenario: "fresh", inputs: { "restart-workloads": "refused" }, isWrite: isPatch, step: "restart-workloads", service: "the API server" },
};

describe.each(Object.entries(CASES))("%s", (_, { scenario, tweak, inputs = {}, isWrite, step, service }) => {
  it("counts as a change if the run is cancelled before its answer arrives", async () => {
    let stop = (): void => undefined;
    const silent: Fault = { match: (request) => isWrite(request) && (stop(), true), fault: { kind: "hang" } };
    await using simulator = await bundled.startWorld(scenario, { faults: [silent], ...(tweak === undefined ? {} : { tweak }) });
    const run = await bundled.act(simulator, { ...SLOW_POLLS, ...inputs }, { onStart: (child) => (stop = () => cancel(child)) });
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "true" });
    expect(outcomes(run.report)[step]).toBe("failed");
    expect(run.report.plan.find(({ id }) => id === step)?.reason).toContain(`whether ${service} has accepted it is not known`);
  });
});

describe("a PUT that Azure refuses", () => {
  it("counts as no change", async () => {
    await using simulator = await startWorld("forbidden");
    const run = await act(simulator, SLOW_POLLS);
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "false" });
  });
});

describe("patches of workloads whose answers are lost", () => {
  it("count as a change although the run gives up", async () => {
    await using simulator = await startWorld("stale-pods", { faults: [{ match: isPatch, fault: { kind: "reset", afterEffect: true } }] });
    const run = await act(simulator, { ...SLOW_POLLS, "restart-workloads": "stale" });
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "true" });
    expect(run.report.plan.find(({ id }) => id === "restart-workloads")?.reason).toContain("whether the API server has accepted it is not known");
  });
});
