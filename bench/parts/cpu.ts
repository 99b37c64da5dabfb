/** What a whole run costs the machine: user and system seconds, and memory. */
import { join } from "node:path";
import { measured, type Usage, withUsage } from "../child.ts";
import type { Figure, Findings } from "../figures.ts";
import { interleaved, of } from "../samples.ts";
import { type ScenarioName, startSimulator } from "../../simulator/index.ts";
import { runAction } from "../../simulator/run-action.ts";
import { temporaryFolder } from "../../simulator/temporary-folder.ts";

const ROUNDS = 5;

export async function cpu(): Promise<Findings> {
  using folder = temporaryFolder({ "empty.mjs": "" });
  await using compliant = await startSimulator({ scenario: "compliant" });
  const run = (inputs: Readonly<Record<string, string>>): Promise<Usage> => usageOf(compliant, inputs);
  const results = await interleaved<string, Usage>(
    {
      empty: () => measured([join(folder.path, "empty.mjs")]),
      "a compliant run": () => run({}),
      "a check": () => run({ mode: "check" }),
      "a run that does not look into the cluster": () => run({ "kube-access": "none" }),
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
    const { median, spread } = of(results, name, pick);
    const baseline = name === "empty" ? {} : { baseline: { name: "empty", value: of(results, "empty", pick).median } };
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
