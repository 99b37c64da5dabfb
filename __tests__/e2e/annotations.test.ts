/** The annotations of a run: as many as GitHub shows, which drops the rest without a word. */
import { expect, it } from "vitest";
import { setAt } from "../../simulator/lib/json.ts";
import { relabel, resetMechanism } from "./drift-issue.ts";
import { act, annotated, checksThat, startWorld } from "./world.ts";

it("has one error for each cause of ten failed checks, and tells how many findings follow", async () => {
  await using broken = await startWorld("race-126");
  await using simulator = await startWorld("refused-by-safeguards", { tweak: ({ kubernetes }) => kubernetes.workloads.push(...broken.world.kubernetes.workloads) });
  const { body } = simulator.world.cluster;
  resetMechanism(simulator);
  relabel(simulator, "asm-1-99");
  setAt(body, ["properties", "serviceMeshProfile", "istio", "revisions"], ["asm-1-24", "asm-1-30"]);
  // An upgrade that did not finish.
  setAt(body, ["properties", "currentKubernetesVersion"], "1.32.1");
  setAt(body, ["properties", "kubernetesVersion"], "1.33.1");
  setAt(body, ["properties", "provisioningState"], "Failed");
  const run = await act(simulator, { mode: "check" });
  expect(checksThat(run.report, "fail"), run.log).toHaveLength(10);
  const causes = (run.report.diagnosis ?? []).filter(({ cause }) => checksThat(run.report, "fail").includes(cause));
  expect(annotated(run, "error").map((text) => text.split(":")[0])).toEqual(causes.map(({ cause }) => run.report.checks.find(({ id }) => id === cause)?.title));
  expect(causes.length).toBeGreaterThan(1);
  expect(annotated(run, "error").join("\n")).toMatch(/\d findings follow from this/);
  expect(annotated(run, "error").join("\n")).not.toContain("more error");
});
