/** fleet-summary: reads the inputs and the reports, merges them, and publishes the job summary, outputs and annotations. */
import { readFileSync } from "node:fs";
import { annotate, publishFailure, setActionOutputs } from "../../github/publish.ts";
import { defaultPath } from "../../github/default-path.ts";
import { writeSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { writeJson } from "../../github/report-file.ts";
import { githubRunner, type Runner } from "../../github/runner.ts";
import { ActionError, messageOf } from "../../lib/errors.ts";
import { parseJson } from "../../lib/json.ts";
import { count, number } from "../../lib/plural.ts";
import { labelsFor } from "../cluster-label.ts";
import { type ExpectedClusters, readExpectedClusters } from "./expected-clusters.ts";
import { assembleFleet, type Fleet, type PreviousRun } from "./fleet.ts";
import { type FleetConfig, readFleetInputs } from "./inputs.ts";
import { readReports } from "./report-files.ts";
import { renderFleet } from "./summary.ts";

/** The longest that a timer can be set to, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
/** How many names of clusters an annotation lists. The job summary has all of them. */
const NAMES = 10;

/** Runs fleet-summary. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const runner = githubRunner();
  try {
    // Reading files heeds no signal: a cancelled run ends without it.
    return await Promise.race([run(runner), runner.clock.sleep(LONGEST_MS, runner.stop.signal).then(() => 1 as const)]);
  } catch (error) {
    return await publishFailure("Fleet summary", error, runner.log);
  }
}

async function run({ inputs, log }: Runner): Promise<0 | 1> {
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
  const fleet = assembleFleet(now, config.expected, previous);
  const label = labelsFor([...fleet.vanished, ...fleet.members]);
  for (const cluster of fleet.vanished) log.info(`no longer in the list: ${label(cluster)}: ${cluster.why}`);
  for (const member of fleet.members.filter(({ verdict }) => verdict !== "fine")) {
    log.info(`${member.state}: ${label(member)}: ${member.reason || member.failing.map(({ message }) => message).join(" ")}`);
  }
  if (!(await writeSummary(renderFleet(fleet, previous !== undefined)))) log.warning("the job summary could not be written");
  await setActionOutputs({ ...outputsOf(fleet), "clusters-path": await writeKnown(fleet, inputs, log) });
  log.end();
  return conclude(config, fleet, log);
}

/** Reads what the previous run left; undefined if the inputs do not ask for it. Files that are missing are not an error: there may be no previous run. */
async function readPrevious({ previous: paths, previousClusters: path }: FleetConfig, log: RunnerLog): Promise<PreviousRun | undefined> {
  if (paths.length === 0 && path === "") return undefined;
  const reports = await readReports(paths);
  log.info(reports.reports.length === 0 ? "the previous run has no reports" : `${count(reports.reports.length, "report")} of the previous run`);
  for (const unreadable of reports.unreadable) log.warning(`${unreadable.path} of the previous run is not a report: ${unreadable.problem}`);
  return { reports, clusters: path === "" ? undefined : readClusterList(path, log) };
}

function readClusterList(path: string, log: RunnerLog): ExpectedClusters | undefined {
  try {
    const clusters = readExpectedClusters(parseJson(readFileSync(path, "utf8")));
    if (clusters === undefined) log.warning(`previous-clusters: ${path} is not a list of clusters`);
    return clusters;
  } catch (error) {
    log.info(`there is no list of the previous run's clusters: ${messageOf(error)}`);
    return undefined;
  }
}

/** Writes the clusters that the next run should find. @returns the path; empty if the file could not be written */
async function writeKnown({ known }: Fleet, inputs: Runner["inputs"], log: RunnerLog): Promise<string> {
  try {
    return await writeJson(defaultPath(inputs, "istio-cni-fleet-clusters"), { include: known.map((cluster) => ({ cluster })) });
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

function conclude({ failOn, allowEmpty }: FleetConfig, { members, vanished, hasOtherBatches }: Fleet, log: RunnerLog): 0 | 1 {
  const label = labelsFor([...vanished, ...members]);
  const groups = [
    { title: "Vanished since the previous run", members: vanished.filter(({ isLost }) => isLost), level: failOn.vanished ? "error" : "warning" },
    { title: "No longer in the list", members: vanished.filter(({ isLost }) => !isLost), level: "warning" },
    { title: "Drifted", members: members.filter(({ verdict }) => verdict === "drift"), level: failOn.drift ? "error" : "warning" },
    { title: "Could not be checked", members: members.filter(({ verdict }) => verdict === "could-not-check"), level: failOn.couldNotCheck ? "error" : "warning" },
  ] as const;
  const found = groups.filter((group) => group.members.length > 0);
  for (const group of found) {
    const names = group.members.slice(0, NAMES).map(label);
    const more = group.members.length - names.length;
    annotate(group.level, `${group.title}: ${count(group.members.length, "cluster")}`, `${names.join(", ")}${more > 0 ? `, and ${number(more)} more` : ""}. See the job summary.`);
  }
  const isEmpty = members.length === 0 && !hasOtherBatches;
  if (isEmpty) annotate(allowEmpty ? "warning" : "error", "No cluster was checked", `There is no report and no expected cluster.${allowEmpty ? "" : " Set allow-empty: true if that is intended."}`);
  const wrong = found.map((group) => `${group.title}: ${number(group.members.length)}`);
  log.info(isEmpty ? ["no cluster was checked", ...wrong].join("; ") : wrong.join("; ") || `all ${number(members.length)} clusters are compliant`);
  return found.some(({ level }) => level === "error") || (isEmpty && !allowEmpty) ? 1 : 0;
}
