/** What az and the action write, for every recorded cluster: the request, and its body property by property. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ORACLES_ABSENT, WHY_SKIPPED } from "../../../__tests__/oracles/folder.ts";
import { leaves } from "../../../__tests__/oracles/leaves.ts";
import type { RequestLogEntry } from "../../../simulator/index.ts";
import { runAction } from "../../../simulator/runner/run-action.ts";
import { EXPLAINED_DIFFERENCES } from "../explained-differences.ts";
import { type AzSession, openSession } from "./az.ts";
import { putInto, type RecordedCluster, recordedClusters } from "./recorded-clusters.ts";
import { wholeCluster } from "./whole-cluster.ts";

let session: AzSession;
const unused = new Set(EXPLAINED_DIFFERENCES);

beforeAll(async () => {
  session = await openSession({ scenario: "flag-graduated", tweak: (world) => (world.timing.clusterUpdate = 0) });
  await session.signIn("secret");
});
afterAll(() => session[Symbol.asyncDispose]());

/** The one PUT that is sent while `act` runs. */
async function putDuring(recorded: RecordedCluster, act: () => Promise<string>): Promise<RequestLogEntry> {
  const { world, requestLog } = session.simulator;
  putInto(world, recorded);
  const before = requestLog.of("arm", "PUT").length;
  const said = await act();
  const [put, ...more] = requestLog.of("arm", "PUT").slice(before);
  if (put?.status !== 200 || more.length > 0) throw new Error(`There was not one accepted PUT, but ${put?.status ?? "none"} and ${more.length} more:\n${said}`);
  return put;
}

function putOfAz(recorded: RecordedCluster): Promise<RequestLogEntry> {
  return putDuring(recorded, async () => {
    const { resourceGroup, cluster } = session.simulator.world;
    const { stderr } = await session.az("aks", "mesh", "proxy-redirection-mechanism", "--resource-group", resourceGroup, "--name", cluster.name, "--mechanism", "CNIChaining", "--no-wait");
    return stderr;
  });
}

function putOfAction(recorded: RecordedCluster): Promise<RequestLogEntry> {
  return putDuring(recorded, async () => {
    const { simulator } = session;
    const { resourceGroup, cluster } = simulator.world;
    const inputs = { "resource-group": resourceGroup, cluster: cluster.name, "kube-access": "none", "poll-interval-seconds": "0.2" };
    return (await runAction({ simulator, inputs })).log;
  });
}

/** A request as leaves: of its headers only the names count. */
function leavesOf({ path, query, headers, body }: RequestLogEntry): Map<string, string> {
  const names = Object.fromEntries(Object.keys(headers).map((name) => [name, "sent"]));
  return new Map([...leaves({ path: path.toLowerCase(), query, header: names }), ...leaves(body, "/body")]);
}

/** Each difference as a text: `only az: <path>: <value>`. Indexes of arrays are `*`. */
function differences(az: RequestLogEntry, action: RequestLogEntry): string[] {
  const [theirs, ours] = [leavesOf(az), leavesOf(action)];
  const paths = [...new Set([...theirs.keys(), ...ours.keys()])];
  return paths.flatMap((path) => {
    const [their, our] = [theirs.get(path), ours.get(path)];
    if (their === our) return [];
    const name = path.replace(/\/\d+(?=\/|$)/g, "/*");
    if (our === undefined) return [`only az: ${name}: ${their}`];
    return [their === undefined ? `only the action: ${name}: ${our}` : `differs: ${name}: ${their} / ${our}`];
  });
}

describe.skipIf(ORACLES_ABSENT)(`recorded clusters${WHY_SKIPPED}`, () => {
  it.each([...recordedClusters(), ...(ORACLES_ABSENT ? [] : [wholeCluster()])])("$from: az's PUT and the action's differ only in what is explained", async (recorded) => {
    const found = differences(await putOfAz(recorded), await putOfAction(recorded));
    const unexplained = found.filter((difference) => {
      const explanation = EXPLAINED_DIFFERENCES.find(({ pattern }) => pattern.test(difference));
      if (explanation !== undefined) unused.delete(explanation);
      return explanation === undefined;
    });
    expect(unexplained).toEqual([]);
  });

  it("every explanation still explains a difference", () => {
    expect([...unused].map(({ pattern }) => String(pattern))).toEqual([]);
  });
});
