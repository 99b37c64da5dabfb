/**
 * A fault at every request: `npm run test:faults -- [--part 3/8] [--scenario fresh] [--mode apply] [--fault 503] [--request '^PUT']`.
 * For each scenario and mode the requests of a clean run are numbered; then each is struck by each kind of fault.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { type Mode, MODES } from "../../src/contract.ts";
import { type ScenarioName, scenarios } from "../../simulator/index.ts";
import { FAULTS, type NamedFault, PERSISTENT } from "./kinds.ts";
import { type RunEnd, runOnce, type Strike } from "./one-run.ts";
import { type Ending, judge } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "1/1" },
    scenario: { type: "string" },
    mode: { type: "string" },
    fault: { type: "string" },
    nth: { type: "string" },
    request: { type: "string" },
    without: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
  },
});
const [part = 1, parts = 1] = values.part.split("/").map(Number);

/** How often a request that repeats is struck: the first time, the second, and the last. */
function points(clean: RunEnd): { nth: number; what: string }[] {
  const byName = new Map<string, number[]>();
  clean.requests.forEach(({ service, method, path }, index) => {
    const name = `${method} ${service} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "*")}`;
    byName.set(name, [...(byName.get(name) ?? []), index + 1]);
  });
  return [...byName].flatMap(([what, all]) => [...new Set([all[0]!, all[1] ?? all[0]!, all.at(-1)!])].map((nth) => ({ nth, what })));
}

/** Spreads cases evenly over parts, the same way each time. */
function isMine(key: string): boolean {
  return createHash("sha256").update(key).digest().readUInt32BE(0) % parts === part - 1;
}

const columns: readonly Ending[] = ["same", "failed clearly", "unverified", "disallowed"];
const byFault = new Map<string, Record<Ending, number>>();
const byScenario = new Map<string, { requests: number; struck: number; endings: Record<Ending, number> }>();
const none = (): Record<Ending, number> => ({ same: 0, "failed clearly": 0, unverified: 0, disallowed: 0 });
let runs = 0;
let requests = 0;
const broken: string[] = [];

/** Prints the matrix and ends the process. Cut short, it failed, and says how far it came. */
function finish(isWhole: boolean): never {
  const print = (name: string, endings: Record<Ending, number>): void => console.log(`${name.padEnd(44)}${columns.map((column) => String(endings[column]).padStart(16)).join("")}`);
  console.log(`\n${"".padEnd(44)}${columns.map((column) => column.padStart(16)).join("")}`);
  for (const [name, endings] of byFault) print(name, endings);
  if (!values.brief) {
    console.log("");
    for (const [name, cell] of byScenario) print(`${name} (${cell.struck} of ${cell.requests} requests)`, cell.endings);
  }
  const total = none();
  for (const endings of byFault.values()) for (const column of columns) total[column] += endings[column];
  console.log("");
  print("all", total);
  console.log(`${byScenario.size} scenarios in their modes, ${requests} requests in clean runs, ${FAULTS.length + PERSISTENT.length + 1} faults, part ${part} of ${parts}: ${runs} runs, ${broken.length} of them ended as no run may${isWhole ? "" : "; cut short"}.`);
  process.exit(isWhole && broken.length === 0 ? 0 : 1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish(false));

/** A case of the matrix: a fault, or the runner's cancelling, at one request. */
type Case = Strike | { readonly nth: number; readonly fault: "cancel" };

const CANCEL = "cancelled, then run again";

async function strike(scenario: ScenarioName, mode: Mode, clean: RunEnd, at: Case, what: string): Promise<void> {
  const run = await runOnce({ scenario, mode, ...(at.fault === "cancel" ? { cancelAt: at.nth } : { strike: at }) });
  if (values.verbose && values.nth !== undefined) console.log(run.log.join("\n"));
  const { ending, problems } = judge(run, clean, mode);
  runs += 1;
  const name = at.fault === "cancel" ? CANCEL : at.forever ? `${at.fault.name}, from then on` : at.fault.name;
  const row = byFault.get(name) ?? none();
  row[ending] += 1;
  byFault.set(name, row);
  byScenario.get(`${scenario} ${mode}`)!.endings[ending] += 1;
  if (values.verbose) console.log(`${scenario} ${mode} #${at.nth} ${what}: ${name} -> ${run.report.status} ${run.report.error?.code ?? ""} ${run.report.error?.doing ?? ""}`);
  if (ending !== "disallowed") return;
  broken.push(`${scenario} ${mode}, request ${at.nth} (${what}), ${name}: ${problems.join("; ")}\n    status ${run.report.status}${run.report.error === undefined ? "" : `, ${run.report.error.doing}: ${run.report.error.message}`}`);
  console.log(`DISALLOWED ${broken.at(-1)!}`);
  if (values.verbose) console.log(run.log.join("\n"));
}

const wanted = (fault: NamedFault): boolean => values.fault === undefined || fault.name === values.fault;
for (const { name: scenario } of scenarios) {
  if (values.without.split(",").includes(scenario)) continue;
  if (values.scenario !== undefined && !values.scenario.split(",").includes(scenario)) continue;
  for (const mode of MODES) {
    if (values.mode !== undefined && mode !== values.mode) continue;
    const cell = `${scenario} ${mode}`;
    const cases = (clean: RunEnd): [Case, string][] =>
      points(clean).flatMap(({ nth, what }) => [
        ...FAULTS.filter(wanted).map((fault): [Strike, string] => [{ nth, forever: false, fault }, what]),
        ...(values.fault === undefined || values.fault === CANCEL ? [[{ nth, fault: "cancel" }, what] satisfies [Case, string]] : []),
        ...PERSISTENT.filter(wanted).map((fault): [Strike, string] => [{ nth, forever: true, fault }, what]),
      ]);
    const clean = await runOnce({ scenario, mode });
    const struck = points(clean).length;
    byScenario.set(cell, { requests: clean.requests.length, struck, endings: none() });
    requests += clean.requests.length;
    for (const [at, what] of cases(clean)) {
      if (values.request !== undefined && !new RegExp(values.request).test(what)) continue;
      if (values.nth !== undefined && at.nth !== Number(values.nth)) continue;
      if (isMine(`${cell} ${at.nth} ${at.fault === "cancel" ? CANCEL : `${at.fault.name} ${at.forever}`}`)) await strike(scenario, mode, clean, at, what);
    }
  }
}

finish(true);
