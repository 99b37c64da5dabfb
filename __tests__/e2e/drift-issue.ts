/** What the tests of the drift issue share. */
import { expect } from "vitest";
import type { Issue, Simulator } from "../../simulator/index.ts";
import { setAt } from "../../simulator/lib/json.ts";
import { annotated, type Run } from "./world.ts";

export const CHECK = { mode: "check", "drift-issue": "true" };
export const APPLY = { mode: "apply", "drift-issue": "true" };
export const DRIFT = "istio-cni-drift";
export const UNVERIFIED = "istio-cni-unverified";

export function only(simulator: Simulator): Issue {
  expect(simulator.world.github.issues).toHaveLength(1);
  return simulator.world.github.issues[0]!;
}

/** The writes to the issues API of this repository. */
export function writes(simulator: Simulator): string[] {
  return simulator.requestLog
    .of("github")
    .filter(({ method, path }) => method !== "GET" && path.includes("/issues"))
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/repos\/contoso\/platform/, "")}`);
}

export function resetMechanism({ world, clock }: Simulator): void {
  setAt(world.cluster.body, ["properties", "serviceMeshProfile", "istio", "components", "proxyRedirectionMechanism"], "InitContainers");
  world.cluster.mechanisms.push({ from: clock.now(), mechanism: "InitContainers" });
}

export function relabel({ world, clock }: Simulator, revision: string): void {
  const shop = world.kubernetes.namespaces.find(({ name }) => name === "shop")!;
  shop.labels.push({ from: clock.now(), labels: { ...shop.labels.at(-1)!.labels, "istio.io/rev": revision } });
}

export function expectDrifted(run: Run): void {
  expect(run.outputs, run.log).toMatchObject({ status: "drifted", drift: "true", "issue-number": "" });
  expect(run.exitCode).toBe(1);
}

/** The text of the only warning about the issue. */
export function problem(run: Run): string {
  const [warning = "", ...more] = annotated(run, "warning").filter((text) => text.startsWith("Drift issue"));
  expect(more).toEqual([]);
  return warning;
}
