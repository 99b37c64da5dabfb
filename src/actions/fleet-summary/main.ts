/** fleet-summary: reads the inputs and the reports, merges them, and publishes the job summary, outputs and annotations. */
import { readFileSync } from "node:fs";
import { publishFailure, setActionOutputs } from "../../github/publish.ts";
import { defaultPath } from "../../github/default-path.ts";
import { writeSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { pageLinks } from "../../github/page-links.ts";
import { writeJson } from "../../github/report-file.ts";
import { githubRunner, type Runner } from "../../github/runner.ts";
import { ActionError, messageOf } from "../../lib/errors.ts";
import { parseJson } from "../../lib/json.ts";
import { count } from "../../lib/plural.ts";
import { plain } from "../../report/escape.ts";
import { labelsFor } from "../cluster-label.ts";
import { annotateFleet } from "./annotations.ts";
import { type FleetCause, fleetCauses } from "./causes.ts";
import { readExpectedClusters } from "./expected-clusters.ts";
import { assembleFleet, type Fleet, type PreviousRun } from "./fleet.ts";
import { extendHistory, type HistoryEntry, readHistory } from "./history.ts";
import { type FleetConfig, readFleetInputs } from "./inputs.ts";
import { readReports } from "./report-files.ts";
import { renderFleet } from "./summary.ts";
import { causeMessage, causeTitle, fleetMessage } from "./verdict.ts";

/** The longest that a timer can be set to, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
/** UTF-16 units of a line of the log. */
const MAX_LINE = 400;

/** Runs fleet-summary, by default in the environment of the runner. @returns the exit code of the step */
export async function main(runner: Runner = githubRunner()): Promise<0 | 1> {
  try {
    // Reading files heeds no signal: a cancelled run ends without it.
    return await Promise.race([run(runner), runner.clock.sleep(LONGEST_MS, runner.stop.signal).then(() => 1 as const)]);
  } catch (error) {
    return await publishFailure("Fleet summary", error, runner.log);
  }
}

async function run({ inputs, log, clock }: Runner): Promise<0 | 1> {
  log.phase("Reports");
  const config = readFleetInputs(inputs);
  const now = await readReports(config.reports);
  log.info(`${count(now.reports.length, "report")}, ${count(now.unreadable.length, "unreadable file")}`);
  for (const { path, problem } of now.unreadable) log.warning(`${path} is not a report: ${problem}`);
  if (now.reports.length + now.unreadable.length === 0 && config.expected === undefined) {
    throw new ActionError({
      code: "NoReports",
      doing: "looking for reports",
      message: `no report file was found at ${config.reports.join(", ")}.`,
      remedy: "Check the input reports and the step that downloads them. Set expected to list clusters without a report one by one.",
    });
  }
  const previous = await readPrevious(config, log);

  log.phase("Fleet");
  const fleet = assembleFleet(now, config.expected, previous?.run);
  const causes = fleetCauses(fleet.members);
  const history = extendHistory(previous?.history ?? [], fleet, clock.now());
  logFleet(fleet, causes, log);
  const { subscriptionNames = new Map<string, string>(), azureEnvironment = "" } = config.expected ?? {};
  const page = renderFleet({ fleet, causes, comparing: previous !== undefined, history, subscriptionNames, links: { run: pageLinks(inputs).run, azureEnvironment } });
  if (!(await writeSummary(page))) log.warning("the job summary could not be written");
  const message = fleetMessage(fleet, causes);
  await setActionOutputs({ ...outputsOf(fleet), message: plain(message), "clusters-path": await writeKnown(fleet, history, inputs, log) });
  log.end();
  const exitCode = annotateFleet(config, fleet, causes);
  log.info(plain(message, MAX_LINE));
  return exitCode;
}

/** One line for each cause and for each cluster that is no longer in the list. */
function logFleet(fleet: Fleet, causes: readonly FleetCause[], log: RunnerLog): void {
  const label = labelsFor([...fleet.vanished, ...fleet.members]);
  for (const cluster of fleet.vanished) log.info(plain(`no longer in the list: ${label(cluster)}: ${cluster.why}`, MAX_LINE));
  for (const cause of causes) log.info(plain(`${causeTitle(cause)}: ${causeMessage(cause, label)}`, MAX_LINE));
}

/** Reads what the previous run left; undefined if the inputs do not ask for it. Files that are missing are not an error: there may be no previous run. */
async function readPrevious({ previous: paths, previousClusters: path }: FleetConfig, log: RunnerLog): Promise<{ readonly run: PreviousRun; readonly history: readonly HistoryEntry[] } | undefined> {
  if (paths.length === 0 && path === "") return undefined;
  const reports = await readReports(paths);
  log.info(reports.reports.length === 0 ? "the previous run has no reports" : `${count(reports.reports.length, "report")} of the previous run`);
  for (const unreadable of reports.unreadable) log.warning(`${unreadable.path} of the previous run is not a report: ${unreadable.problem}`);
  const list = path === "" ? undefined : readList(path, log);
  const clusters = readExpectedClusters(list);
  if (list !== undefined && clusters === undefined) log.warning(`previous-clusters: ${path} is not a list of clusters`);
  return { run: { reports, clusters }, history: readHistory(list) };
}

/** The JSON that the previous run left; null if it is none, and undefined if there is no file. */
function readList(path: string, log: RunnerLog): unknown {
  try {
    return parseJson(readFileSync(path, "utf8")) ?? null;
  } catch (error) {
    log.info(`there is no list of the previous run's clusters: ${messageOf(error)}`);
    return undefined;
  }
}

/** Writes the clusters that the next run should find, and the history. @returns the path; empty if the file could not be written */
async function writeKnown({ known }: Fleet, history: readonly HistoryEntry[], inputs: Runner["inputs"], log: RunnerLog): Promise<string> {
  try {
    return await writeJson(defaultPath(inputs, "istio-cni-fleet-clusters"), { include: known.map((cluster) => ({ cluster })), history });
  } catch (error) {
    log.warning(`the list of clusters for the next run could not be written: ${messageOf(error)}`);
    return "";
  }
}

/** Numbers of clusters. `newly-drifted` and `fixed` are empty without a previous run. */
function outputsOf({ members, counts, status, changes, vanished }: Fleet): Readonly<Record<string, string>> {
  const changed = (kind: string): string => (changes === undefined ? "" : String(changes.filter((change) => change.kind === kind).length));
  const gone = (isLost: boolean): string => (changes === undefined ? "" : String(vanished.filter((cluster) => cluster.isLost === isLost).length));
  const { compliant, changed: repaired, drifted, unverified, failed, missing, unreadable } = counts;
  return {
    status,
    total: String(members.length),
    compliant: String(compliant),
    changed: String(repaired),
    drifted: String(drifted),
    unverified: String(unverified),
    failed: String(failed),
    missing: String(missing),
    unreadable: String(unreadable),
    "could-not-check": String(unverified + failed + missing + unreadable),
    "newly-drifted": changed("drifted"),
    fixed: changed("fixed"),
    vanished: gone(true),
    removed: gone(false),
  };
}
