/** Runs the workflow fleet-check on this machine: discover, a check of each cluster with a limit on parallel checks, then the summary. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { objectsAt, parseJson, textAt } from "../lib/json.ts";
import { type ActionRun, runAction, type RunOptions } from "../runner/run-action.ts";
import type { Fleet } from "./start-fleet.ts";

/** How each action is run. */
export type Execution = Pick<RunOptions, "execute" | "killAfter">;

export interface FleetFlowOptions extends Execution {
  readonly fleet: Fleet;
  /** The directory for the reports and the list of clusters. */
  readonly directory: string;
  /** Parallel checks; the workflow's `max-parallel`. */
  readonly parallel: number;
  readonly discover?: Readonly<Record<string, string>>;
  readonly check?: Readonly<Record<string, string>>;
  readonly summary?: Readonly<Record<string, string>>;
  /** Checks of an earlier flow, by resource ID, of clusters that have not changed since: they are not run again. */
  readonly known?: ReadonlyMap<string, ActionRun>;
  /** Whether the report of a cluster is kept. A missing one stands for a job that did not finish. */
  readonly keepsReport?: (name: string) => boolean;
  readonly onDiscovered?: (run: ActionRun) => void;
  readonly onChecked?: (label: string, run: ActionRun, done: number, of: number) => void;
}

export interface FleetFlow {
  readonly discovery: ActionRun;
  /** By resource ID. */
  readonly checks: ReadonlyMap<string, ActionRun>;
  readonly summary: ActionRun;
  /** Inputs of the summary of the next flow: what this one leaves to compare with. */
  readonly left: { readonly previous: string; readonly "previous-clusters": string };
}

/** The ID of the first check's job on GitHub. */
const FIRST_JOB = 56_000_000_001;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs discover or fleet-summary against the fleet. */
export async function runFleetAction(
  folder: "discover" | "fleet-summary",
  fleet: Pick<Fleet, "inputs" | "env"> | undefined,
  inputs: Readonly<Record<string, string>>,
  execution: Execution = {},
): Promise<ActionRun> {
  return runAction({
    entry: join(ROOT, folder, "index.js"),
    actionFile: join(ROOT, folder, "action.yml"),
    inputs: { ...(folder === "discover" ? fleet?.inputs : {}), ...inputs },
    env: fleet?.env ?? {},
    ...execution,
  });
}

/** Runs the flow once. */
export async function runFleetFlow(options: FleetFlowOptions): Promise<FleetFlow> {
  const { fleet, directory, parallel, keepsReport = () => true, execute, killAfter } = options;
  const execution = { ...(execute === undefined ? {} : { execute }), ...(killAfter === undefined ? {} : { killAfter }) };
  const reports = join(directory, "reports");
  await mkdir(reports, { recursive: true });
  const clustersPath = join(directory, "clusters.json");
  const discovery = await runFleetAction("discover", fleet, { "clusters-path": clustersPath, ...options.discover }, execution);
  options.onDiscovered?.(discovery);

  const jobs = objectsAt(parseJson(discovery.outputs["matrix"] ?? ""), "include");
  const waiting = jobs.map((job, index) => ({ id: textAt(job, "cluster") ?? "", name: textAt(job, "name") ?? "", label: textAt(job, "label") ?? "", index }));
  const checks = new Map<string, ActionRun>();
  let done = 0;
  const check = (cluster: string, jobId: number): Promise<ActionRun> =>
    runAction({ inputs: { ...fleet.inputs, mode: "check", cluster, "job-id": String(jobId), ...options.check }, env: fleet.env, ...execution });
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const { id, name, label, index } = job;
      const run = options.known?.get(id) ?? (await check(id, FIRST_JOB + index));
      checks.set(id, run);
      if (run.report !== undefined && keepsReport(name)) {
        // The layout of download-artifact: a folder for each artifact.
        const artifact = join(reports, `report_${index}`);
        await mkdir(artifact, { recursive: true });
        await writeFile(join(artifact, "istio-cni-report.json"), JSON.stringify(run.report));
      }
      options.onChecked?.(label, run, ++done, jobs.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));

  const summary = await runFleetAction("fleet-summary", fleet, { reports, expected: clustersPath, ...options.summary }, execution);
  const known = join(directory, "known-clusters.json");
  await writeFile(known, summary.files["runner-temp/istio-cni-fleet-clusters.json"] ?? "");
  return { discovery, checks, summary, left: { previous: reports, "previous-clusters": known } };
}
