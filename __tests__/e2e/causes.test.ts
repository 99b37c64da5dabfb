/** Mending a cause in the world removes what follows from it. Only that shows that the diagnosis is right. */
import { expect, it } from "vitest";
import type { CheckId, Report } from "../../src/contract.ts";
import { scenario, type ScenarioName, type Simulator } from "../../simulator/index.ts";
import { setAt } from "../../simulator/lib/json.ts";
import { act, startWorld } from "./in-process.ts";

const MECHANISM = ["properties", "serviceMeshProfile", "istio", "components", "proxyRedirectionMechanism"];

/** Another client switches the mesh, long enough ago for the cluster to have followed. */
function switchOn({ world, clock }: Simulator): void {
  setAt(world.cluster.body, MECHANISM, "CNIChaining");
  world.cluster.mechanisms.push({ from: clock.now() - 3_600_000, mechanism: "CNIChaining" });
}

function grantAll({ world }: Simulator): void {
  world.rights = scenario("compliant").create(world.startedAt).rights;
}

function allowRunCommands({ world }: Simulator): void {
  setAt(world.cluster.body, ["properties", "apiServerAccessProfile", "disableRunCommand"], false);
}

function relabelEdge({ world, clock }: Simulator): void {
  const edge = world.kubernetes.namespaces.find(({ name }) => name === "edge");
  edge?.labels.push({ from: clock.now(), labels: { ...edge.labels.at(-1)?.labels, "istio.io/rev": "asm-1-30" } });
}

const open = ({ checks }: Report, diagnosed: readonly CheckId[]): CheckId[] =>
  checks.filter(({ id, result }) => result === "fail" || diagnosed.includes(id)).map(({ id }) => id);
const undecided = ({ diagnosis = [], checks }: Report): CheckId[] =>
  diagnosis.flatMap(({ cause, consequences }) => [cause, ...consequences]).filter((id) => checks.some((check) => check.id === id && check.result === "skip"));

it.each<[ScenarioName, CheckId, (simulator: Simulator) => void]>([
  ["reset-by-terraform", "cni-chaining-enabled", switchOn],
  ["flag-graduated", "cni-chaining-enabled", switchOn],
  ["stale-pods", "cni-chaining-enabled", switchOn],
  ["canary", "cni-chaining-enabled", switchOn],
  ["gatekeeper", "cni-chaining-enabled", switchOn],
  ["no-run-command", "injector-configured", allowRunCommands],
  ["forbidden", "injector-configured", grantAll],
  ["revision-tags", "namespaces-labelled", relabelEdge],
])("in %s, mending %s leaves none of the findings that follow from it", async (name, cause, mend) => {
  await using simulator = await startWorld(name);
  const before = await act(simulator, { mode: "check" });
  const diagnosis = before.report.diagnosis?.find((one) => one.cause === cause);
  expect(diagnosis?.consequences.length, before.log).toBeGreaterThan(0);

  mend(simulator);
  const after = await act(simulator, { mode: "check" });
  const told = new Set([...open(after.report, []), ...undecided(after.report)]);
  // With init containers still in place, the cluster that was hidden shows findings of its own: they follow from another cause.
  const others = new Set((after.report.diagnosis ?? []).filter((one) => one.cause !== cause).flatMap((one) => one.consequences));
  const remaining = [cause, ...(diagnosis?.consequences ?? [])].filter((id) => told.has(id) && !others.has(id));
  expect(remaining, after.log).toEqual([]);
});
