/** The ends of runs with a fault while they publish their results, which equal publications share. */
import { createHash } from "node:crypto";
import type { Issue, RequestLogEntry } from "../../simulator/index.ts";
import type { Case } from "./cases.ts";
import { withoutIds } from "./equivalences.ts";
import type { AffectedRequest, CaseEnd, Published, RunEnd } from "./run-types.ts";
import { SharedCache } from "./shared-cache.ts";

/** What publishing did, in any scenario. Plain data. */
interface Publication {
  readonly published: Published;
  readonly issuesAtStart: readonly Issue[];
  readonly issues: Issue[];
  readonly requests: readonly RequestLogEntry[];
  readonly affected: readonly AffectedRequest[];
  /** The run that published. */
  readonly named: string;
}

const publications = new SharedCache<Publication>();

/**
 * The end of a run that has a fault while it publishes its results. Its phases are those of the run without a fault, on which publishing has
 * no effect.
 *
 * @param clean the run without a fault
 * @param named the case in words
 */
export async function publishedEnd(clean: RunEnd, named: string, each: Case, run: () => Promise<RunEnd>): Promise<CaseEnd> {
  const key = keyOf(clean, each);
  const known = publications.get(key);
  if (known !== undefined) return { end: withPublication(clean, known), argument: "published in other words", named: known.named };
  const end = await run();
  const { published, issuesAtStart, world, requests, affected } = end;
  publications.set(key, { published, issuesAtStart, issues: world.github.issues, requests: requests.slice(phaseRequests(clean).length), affected: affected.slice(clean.affected.length).map(({ service, method, path, at }) => ({ service, method, path, at })), named });
  return { end };
}

/** Publishing follows the mode, the status, and what GitHub answers. All else are words. */
function keyOf(clean: RunEnd, { nth, name }: Case): string {
  const { mode, report, published, sentInPhases } = clean;
  const requests = clean.requests.slice(phaseRequests(clean).length).map(({ method, path, query, status }) => [method, withoutIds(path), query, status]);
  const news = published.log.map((line) => line.replace(/#\d+/, "#"));
  return createHash("sha256").update(JSON.stringify([mode, report.status, report.error === undefined, published.exitCode, requests, news.filter((line) => /drift issue|comment/.test(line)), nth - sentInPhases.action, name])).digest("hex");
}

function phaseRequests({ requests, published }: RunEnd): readonly RequestLogEntry[] {
  return requests.slice(0, requests.length - published.requests);
}

function withPublication(clean: RunEnd, { published, issuesAtStart, issues, requests, affected }: Publication): RunEnd {
  const world = { ...clean.world, github: { ...clean.world.github, issues } };
  return { ...clean, published, issuesAtStart, world, requests: [...phaseRequests(clean), ...requests], affected: [...clean.affected, ...affected], log: published.log };
}
