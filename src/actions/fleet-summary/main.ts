/** fleet-summary: reads the inputs and the reports, merges them, and publishes the job summary, outputs and annotations. */
import { annotate, publishFailure, setActionOutputs } from "../../github/publish.ts";
import { writeSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { githubRunner, type Runner } from "../../github/runner.ts";
import { ActionError } from "../../lib/errors.ts";
import { count, number } from "../../lib/plural.ts";
import { assembleFleet, type Fleet, type FleetMember } from "./fleet.ts";
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
  const previous = config.previous.length === 0 ? undefined : await readReports(config.previous);
  if (previous !== undefined) {
    log.info(previous.reports.length === 0 ? "the previous run has no reports: there is nothing to compare with" : `${count(previous.reports.length, "report")} of the previous run`);
    for (const { path, problem } of previous.unreadable) log.warning(`${path} of the previous run is not a report: ${problem}`);
  }

  log.phase("Fleet");
  const fleet = assembleFleet(now, config.expected, previous);
  for (const { name, state, reason, failing } of fleet.members.filter(({ verdict }) => verdict !== "fine")) {
    log.info(`${state}: ${name}: ${reason || failing.map(({ title }) => title).join(", ")}`);
  }
  if (!(await writeSummary(renderFleet(fleet)))) log.warning("the job summary could not be written");
  setActionOutputs(outputsOf(fleet));
  log.end();
  return conclude(config, fleet, log);
}

/** Numbers of clusters. `newly-drifted` and `fixed` are empty without a previous run. */
function outputsOf({ members, counts, status, changes }: Fleet): Readonly<Record<string, string>> {
  const changed = (kind: string): string => (changes === undefined ? "" : String(changes.filter((change) => change.kind === kind).length));
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
  };
}

function conclude({ failOn }: FleetConfig, { members }: Fleet, log: RunnerLog): 0 | 1 {
  const of = (verdict: FleetMember["verdict"]): readonly FleetMember[] => members.filter((member) => member.verdict === verdict);
  const groups = [
    { title: "Drifted", members: of("drift"), fails: failOn.drift },
    { title: "Could not be checked", members: of("could-not-check"), fails: failOn.couldNotCheck },
  ].filter((group) => group.members.length > 0);
  for (const group of groups) {
    const names = group.members.slice(0, NAMES).map(({ name }) => name);
    const more = group.members.length - names.length;
    annotate(group.fails ? "error" : "warning", `${group.title}: ${count(group.members.length, "cluster")}`, `${names.join(", ")}${more > 0 ? `, and ${number(more)} more` : ""}. See the job summary.`);
  }
  const failing = groups.some(({ fails }) => fails);
  log.info(groups.length === 0 ? `all ${number(members.length)} clusters are compliant` : groups.map((group) => `${group.title}: ${number(group.members.length)}`).join("; "));
  return failing ? 1 : 0;
}
