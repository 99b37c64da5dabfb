/** The time to start the action, compared with starting Node. */
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Figure, PartResults } from "../figures.ts";
import { BUNDLE, ROOT, timed } from "../measure-process.ts";
import { interleaved, samplesOf } from "../samples.ts";

const ROUNDS = 25;
/** Milliseconds over an empty script. */
const MOST_OVER_EMPTY = 200;

export async function start(): Promise<PartResults> {
  const corePath = fileURLToPath(new URL("node_modules/@actions/core/lib/core.js", ROOT));
  using folder = temporaryFolder({
    "empty.mjs": "",
    "core.mjs": `import ${JSON.stringify(pathToFileURL(corePath).href)};\n`,
    "loading.mjs": `import ${JSON.stringify(pathToFileURL(BUNDLE).href)};\n`,
  });
  const script = (name: string): Promise<number> => timed([join(folder.path, name)]);
  const results = await interleaved(
    {
      empty: () => script("empty.mjs"),
      core: () => script("core.mjs"),
      loading: () => script("loading.mjs"),
      // Without a cluster: it reads its inputs, writes report and summary, and fails.
      failing: () => timed([BUNDLE], { RUNNER_TEMP: folder.path }),
    },
    ROUNDS,
  );
  const [none, actions, loaded, failed] = ["empty", "core", "loading", "failing"].map((name) => samplesOf(results, name, (value) => value));
  if (none === undefined || actions === undefined || loaded === undefined || failed === undefined) throw new Error("nothing was measured");
  const over = loaded.median - none.median;
  const figure = (name: string, { median, spread }: typeof none, baseline: string, against: typeof none): Figure => ({
    name,
    value: median,
    unit: "ms",
    baseline: { name: baseline, value: against.median },
    spread,
  });
  return {
    part: "start",
    title: "Start",
    figures: [
      { name: "an empty script", value: none.median, unit: "ms", spread: none.spread },
      figure("loading @actions/core from node_modules", actions, "empty", none),
      figure("loading the bundle", loaded, "empty", none),
      figure("loading the bundle", loaded, "@actions/core", actions),
      figure("a run that fails at its inputs", failed, "empty", none),
      {
        name: "loading the bundle, over an empty script",
        value: over,
        unit: "ms",
        budget: { text: `at most ${MOST_OVER_EMPTY} ms`, met: over <= MOST_OVER_EMPTY },
      },
    ],
    details: [],
  };
}
