/** What starting the action costs over starting Node. */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BUNDLE, ROOT, timed } from "../child.ts";
import type { Figure, Findings } from "../figures.ts";
import { interleaved, of } from "../samples.ts";
import { temporaryFolder } from "../../simulator/temporary-folder.ts";

const ROUNDS = 25;
/** Milliseconds over an empty script. */
const MOST_OVER_EMPTY = 200;

export async function start(): Promise<Findings> {
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
      // No cluster is given: it reads its inputs, writes report and summary, and fails.
      failing: () => timed([BUNDLE], { RUNNER_TEMP: folder.path }),
    },
    ROUNDS,
  );
  const [none, actions, loaded, failed] = ["empty", "core", "loading", "failing"].map((name) => of(results, name, (value) => value));
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
      figure("a run that ends at its inputs", failed, "empty", none),
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
