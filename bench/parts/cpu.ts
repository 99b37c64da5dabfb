/** CPU time and peak memory of whole runs. */
import { type ScenarioName, startSimulator } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { runAction } from "../../simulator/runner/run-action.ts";
import { join } from "node:path";
import type { Figure, PartResults } from "../figures.ts";
import { measured, type Usage, withUsage } from "../measure-process.ts";
import { interleaved, samplesOf } from "../samples.ts";

const ROUNDS = 5;

export async function cpu(): Promise<PartResults> {
  using folder = temporaryFolder({ "empty.mjs": "" });
  await using compliant = await startSimulator({ scenario: "compliant" });
  const run = (inputs: Readonly<Record<string, string>>): Promise<Usage> => usageOf(compliant, inputs);
  const results = await interleaved<string, Usage>(
    {
      empty: () => measured([join(folder.path, "empty.mjs")]),
      "a compliant run": () => run({}),
      "a check": () => run({ mode: "check" }),
      "a run without access to the cluster": () => run({ "kube-access": "none" }),
      "a switch with its flag": () => switched("fresh"),
    },
    ROUNDS,
  );
  const names = [...results.keys()];
  const figures = names.flatMap((name) => figuresOf(name, results));
  return { part: "cpu", title: "CPU and memory of a whole run", figures, details: [] };
}

function figuresOf(name: string, results: ReadonlyMap<string, readonly Usage[]>): readonly Figure[] {
  const picks: readonly (readonly [string, string, (usage: Usage) => number])[] = [
    ["user", "ms", ({ userMs }) => userMs],
    ["system", "ms", ({ systemMs }) => systemMs],
    ["peak memory", "MB", ({ maxRssMb }) => maxRssMb],
  ];
  return picks.map(([what, unit, pick]) => {
    const { median, spread } = samplesOf(results, name, pick);
    const baseline = name === "empty" ? {} : { baseline: { name: "empty", value: samplesOf(results, "empty", pick).median } };
    return { name: `${name}: ${what}`, value: median, unit, spread, ...baseline };
  });
}

async function usageOf(simulator: Parameters<typeof runAction>[0]["simulator"], inputs: Readonly<Record<string, string>>): Promise<Usage> {
  return withUsage(simulator?.env ?? {}, async (env) => {
    await runAction({ ...(simulator === undefined ? {} : { simulator }), inputs, env });
    return {};
  });
}

async function switched(scenario: ScenarioName): Promise<Usage> {
  await using simulator = await startSimulator({ scenario, speed: 400 });
  return await usageOf(simulator, { "kube-access": "direct" });
}
