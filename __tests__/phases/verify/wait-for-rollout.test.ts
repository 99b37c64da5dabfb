import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { DaemonSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import type { MeshObservation, Snapshot } from "../../../src/istio/observation.ts";
import type { RunContext } from "../../../src/lib/run-context.ts";
import { observeRollout } from "../../../src/phases/observe/observe-rollout.ts";
import { waitForRollout, waitForWorkloads } from "../../../src/phases/verify/wait-for-rollout.ts";
import { InMemoryApi } from "../../in-memory-api.ts";
import { census, goal, observation, seen, showing, snapshot } from "../../istio/fixtures.ts";
import { simulatedContext } from "../../simulated-context.ts";

const DAEMON_SET = "/apis/apps/v1/namespaces/aks-istio-system/daemonsets/azure-service-mesh-istio-cni-addon-node";
const CONFIG_MAP = "/api/v1/namespaces/aks-istio-system/configmaps/istio-sidecar-injector-asm-1-26";
const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/** A DaemonSet that is ready on all its nodes. */
function agents(change: Partial<DaemonSetFacts> = {}): DaemonSetFacts {
  const { daemonSet: ready } = observation();
  if (!ready.seen || ready.value === undefined) throw new Error("the fixture has no DaemonSet");
  const desired = change.desired ?? ready.value.desired;
  return { ...ready.value, desired, updated: desired, ready: desired, available: desired, ...change };
}

const notAskedFor = (): Promise<never> => Promise.reject(new Error("not asked for"));

/** The cluster from this many seconds on. */
type Timeline = readonly (readonly [second: number, change: Partial<MeshObservation>])[];

const daemonSet = (change: Partial<DaemonSetFacts> | undefined): Partial<MeshObservation> => ({ daemonSet: seen(change === undefined ? undefined : agents(change)) });

interface Costs {
  readonly look?: number;
  readonly all?: number;
}

/** Waits in a cluster that changes as the timeline says. `costs`: seconds that a look and an observation of everything take. */
async function wait(timeline: Timeline, { look = 0, all = 0 }: Costs = {}, mechanism: typeof CNI_CHAINING | typeof INIT_CONTAINERS = CNI_CHAINING) {
  const { context, lines } = simulatedContext();
  const startedAt = context.clock.now();
  const second = (): number => (context.clock.now() - startedAt) / 1000;
  const looks: number[] = [];
  const observations: number[] = [];
  const read = (): Snapshot => showing(timeline.findLast(([from]) => second() >= from)?.[1] ?? {});
  const taking = async (seconds: number, { clock, signal }: RunContext): Promise<Snapshot> => {
    const found = read();
    await clock.sleep(seconds * 1000, signal);
    return found;
  };
  const observe = {
    refused: notAskedFor,
    rollout: () => (looks.push(second()), taking(look, context)),
    all: () => (observations.push(second()), taking(all, context)),
  };
  const last = await waitForRollout(observe, goal(mechanism), context);
  return { last, looks, observations, lines, endedAt: second() };
}

describe("the wait for the rollout of the CNI agent", () => {
  test.each<[string, Timeline, number]>([
    ["a rollout that is complete at once", [[0, daemonSet({})]], 0],
    ["a DaemonSet that does not exist yet", [[0, daemonSet(undefined)], [12.3, daemonSet({})]], 12.3],
    ["pods that get ready one after the other", [[0, daemonSet({ ready: 0, available: 0 })], [20, daemonSet({ ready: 2, available: 2 })], [41, daemonSet({})]], 41],
    ["numbers of an older specification", [[0, daemonSet({ generation: 2 })], [7.7, daemonSet({ generation: 2, observedGeneration: 2 })]], 7.7],
    ["a node that joins", [[0, daemonSet({})], [0.3, daemonSet({ desired: 4, ready: 3, available: 3 })], [31, daemonSet({ desired: 4 })]], 31],
    ["a node that joins with its agent ready", [[0, daemonSet({})], [0.3, daemonSet({ desired: 4 })]], 0.3],
    ["a specification that changes", [[0, daemonSet({})], [0.3, daemonSet({ generation: 2, observedGeneration: 2 })]], 0.3],
    ["an injector that still makes pods with istio-init", [[0, { injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }], [9.1, {}]], 9.1],
    ["readiness that comes and goes", [[0, daemonSet({})], [0.3, daemonSet({ ready: 2 })], [0.9, daemonSet({})], [1.4, daemonSet({ ready: 2 })], [5, daemonSet({})]], 5],
  ])("ends within two seconds of its end: %s", async (_, timeline, completeAt) => {
    const { endedAt, observations, last } = await wait(timeline, { all: 0.4 });
    expect(endedAt).toBeGreaterThanOrEqual(completeAt);
    expect(endedAt - completeAt).toBeLessThan(2);
    expect(observations, "everything is read once, at the end").toHaveLength(1);
    expect(last).toEqual(showing(timeline.at(-1)?.[1] ?? {}));
  });

  test("does not end with the first look in which the rollout is complete", async () => {
    const { looks, observations } = await wait([[0, daemonSet({})]]);
    expect(looks).toEqual([0, 0.5]);
    expect(observations).toEqual([0.5]);
  });
  test("goes on where the observation of everything finds what the looks did not: a node without an agent", async () => {
    const uncovered = { pods: seen(census({ meshedNodes: [{ name: "node-9", pods: 2 }] })) };
    const { endedAt, observations, lines } = await wait([[0, { ...daemonSet({}), ...uncovered }], [10, daemonSet({})]], { all: 0.4 });
    expect(endedAt).toBeGreaterThanOrEqual(10);
    expect(observations.length).toBeGreaterThan(1);
    expect(lines.join("\n")).toContain("No ready CNI agent runs on 1 of 1 node");
  });
  test("goes on where the number of nodes changes between the looks and the observation of everything", async () => {
    const { context } = simulatedContext();
    let observations = 0;
    const last = await waitForRollout(
      { refused: notAskedFor, rollout: () => Promise.resolve(showing(daemonSet({}))), all: () => Promise.resolve(showing(daemonSet({ desired: (observations += 1) === 1 ? 4 : 3 }))) },
      goal(),
      context,
    );
    expect(observations).toBe(2);
    expect(last).toEqual(showing(daemonSet({})));
  });
  test("looks no more often than the looks take, up to the poll interval", async () => {
    const slow: Timeline = [[0, daemonSet(undefined)], [60, daemonSet({})]];
    const pauses = ({ looks }: Awaited<ReturnType<typeof wait>>, cost: number) => [...new Set(looks.slice(1).map((at, index) => at - (looks[index] ?? 0) - cost))];
    expect(pauses(await wait(slow, { look: 4 }), 4)).toEqual([4]);
    expect(pauses(await wait(slow, { look: 15 }), 15)).toEqual([10]);
  });
  test("ends with an observation of everything if the rollout is never complete", async () => {
    const { last, observations, lines, endedAt } = await wait([[0, daemonSet({ ready: 2 })]]);
    expect(endedAt).toBe(600);
    expect(observations).toEqual([600]);
    expect(last).toEqual(showing(daemonSet({ ready: 2 })));
    expect(lines.at(-1)).toContain("warning: the rollout of the CNI agent: timed out after 10 min");
  });
  test("ends with the last look if the time of the run is up, and sends nothing after it", async () => {
    const { context, lines } = simulatedContext({ deadlineInMs: 60_000 });
    const look = showing(daemonSet({ ready: 2 }));
    const all = () => Promise.reject(new Error("observed after the deadline"));
    expect(await waitForRollout({ refused: notAskedFor, rollout: () => Promise.resolve(look), all }, goal(), context)).toEqual(look);
    expect(context.clock.now()).toBe(context.deadlineAt);
    expect(lines.at(-1)).toMatch(/warning: the rollout of the CNI agent: timed out after 1 min; the last state was: .*2\/3 nodes/);
  });
  test("in mode disable ends when the DaemonSet is gone", async () => {
    const off = seen([{ revision: "asm-1-26", cniEnabled: false }]);
    const { endedAt, observations } = await wait([[0, { injectors: off }], [6, { injectors: off, ...daemonSet(undefined) }]], { all: 0.4 }, INIT_CONTAINERS);
    expect(endedAt - 6).toBeLessThan(2);
    expect(observations).toHaveLength(1);
  });
  test("of a cluster that cannot be observed ends with one observation", async () => {
    const { context } = simulatedContext();
    const unseen = snapshot({ observation: { seen: false, why: "kube-access is none.", remedy: "" } });
    let observations = 0;
    await waitForRollout({ refused: notAskedFor, rollout: () => Promise.resolve(unseen), all: () => Promise.resolve(((observations += 1), unseen)) }, goal(), context);
    expect(observations).toBe(1);
  });
});

describe("the wait for the workloads", () => {
  const starting = showing({ pods: seen(census({ redirection: { ...census().redirection, effective: 0, pending: 2 } })) });

  test("uses the observation of the rollout, and then observes every second", async () => {
    const { context } = simulatedContext();
    const startedAt = context.clock.now();
    const observations: number[] = [];
    const all = () => Promise.resolve((observations.push((context.clock.now() - startedAt) / 1000), observations.length < 3 ? starting : snapshot()));
    await waitForWorkloads({ all, rollout: notAskedFor, refused: notAskedFor }, goal(), context, "never", starting);
    expect(observations).toEqual([1, 2, 3]);
  });
  test.each([1, 5, 12, 19, 20])("notices within two seconds that they are ready after %d s", async (second) => {
    const { context } = simulatedContext();
    const startedAt = context.clock.now();
    const passed = (): number => (context.clock.now() - startedAt) / 1000;
    await waitForWorkloads({ all: () => Promise.resolve(passed() < second ? starting : snapshot()), rollout: notAskedFor, refused: notAskedFor }, goal(), context, "never", starting);
    expect(passed() - second).toBeLessThanOrEqual(2);
  });
  test("looks less than sixty times in five minutes, since each look reads everything", async () => {
    const { context, lines } = simulatedContext();
    let observations = 0;
    await waitForWorkloads({ all: () => Promise.resolve(((observations += 1), starting)), rollout: notAskedFor, refused: notAskedFor }, goal(), context, "never", starting);
    expect(lines.at(-1)).toContain("timed out after 5 min");
    expect(observations).toBeLessThan(60);
  });
  describe("where only refused workloads are pending", () => {
    const OF_INIT = "container istio-init must not add NET_ADMIN";
    /** A refusal that the switch does not end. */
    const OF_PROXY = 'pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (containers "istio-proxy", "istio-validation" must set securityContext.seccompProfile.type)';
    const refusedFor = (failure: string) => showing({ replicaSets: seen([{ namespace: "shop", name: "web-1", owner: { kind: "Deployment", name: "web" }, failure, desired: 1, template: { labels: {}, hasIstioInit: false } }]) });

    /** Waits where controllers succeed after this many seconds. @returns at which seconds the workloads were looked at, and everything was observed */
    async function waitWhere(succeed: number, afterwards: (second: number) => Snapshot = () => snapshot(), { denied = OF_INIT, deadlineInMs = 3_600_000 } = {}) {
      const refused = refusedFor(denied);
      const { context } = simulatedContext({ deadlineInMs });
      const startedAt = context.clock.now();
      const second = (): number => (context.clock.now() - startedAt) / 1000;
      const looks: number[] = [];
      const observations: number[] = [];
      const last = await waitForWorkloads(
        {
          rollout: notAskedFor,
          refused: () => Promise.resolve((looks.push(second()), second() < succeed ? refused : snapshot())),
          all: () => Promise.resolve((observations.push(second()), second() < succeed ? refused : afterwards(second()))),
        },
        goal(),
        context,
        "never",
        refused,
      );
      return { last, looks, observations, endedAt: second() };
    }

    test("looks at them alone, and observes everything once at the end", async () => {
      const { last, looks, observations } = await waitWhere(7.5);
      expect(looks.length).toBeGreaterThan(5);
      expect(observations).toEqual([looks.at(-1)]);
      expect(last).toEqual(snapshot());
    });
    test("observes everything while their new pods start", async () => {
      const { looks, observations, last } = await waitWhere(3, (at) => (at < 6 ? starting : snapshot()));
      expect(looks.every((at) => at <= (observations[0] ?? 0))).toBe(true);
      expect(observations.length).toBeGreaterThan(2);
      expect(last).toEqual(snapshot());
    });
    test.each([
      ["its own time is up: with an observation of everything", 3_600_000, 300, [300]],
      ["the time of the run is up: with the last one", 60_000, 60, []],
    ])("ends when %s", async (_, deadlineInMs, end, expected) => {
      const { looks, observations, endedAt, last } = await waitWhere(Number.POSITIVE_INFINITY, undefined, { denied: OF_PROXY, deadlineInMs });
      expect([endedAt, observations]).toEqual([end, expected]);
      expect(looks.length).toBeGreaterThan(10);
      expect(last).toEqual(refusedFor(OF_PROXY));
    });
    test("gives controllers that do not try again their time, and ends with an observation of everything", async () => {
      const { last, looks, observations } = await waitWhere(Number.POSITIVE_INFINITY);
      expect(looks.at(-1)).toBeGreaterThanOrEqual(20);
      expect(looks.at(-1)).toBeLessThanOrEqual(22);
      expect(observations).toEqual([looks.at(-1)]);
      expect(last).toEqual(refusedFor(OF_INIT));
    });
  });
  test("sends no request if the observation of the rollout shows that nothing is pending", async () => {
    const { context } = simulatedContext();
    expect(await waitForWorkloads({ all: notAskedFor, rollout: notAskedFor, refused: notAskedFor }, goal(), context, "never", snapshot())).toEqual(snapshot());
  });
});

describe("a look at the rollout", () => {
  const api = (): InMemoryApi => {
    const cluster = new InMemoryApi();
    cluster.objects.set(DAEMON_SET, { metadata: { name: "agent", generation: 4 }, status: { desiredNumberScheduled: 2, numberReady: 1 } });
    return cluster;
  };
  const paths = ({ queries }: InMemoryApi): readonly string[] => queries.flatMap((query) => query.paths);

  test("is one request once the injectors have the configuration of the mesh", async () => {
    const cluster = api();
    const read = await observeRollout(snapshot(), goal(), cluster);
    expect(paths(cluster)).toEqual([DAEMON_SET]);
    expect(read).toMatchObject({ daemonSet: { value: { generation: 4, desired: 2, ready: 1 } }, agentPods: { seen: false }, pods: { seen: false, why: "The run ended before the pods were listed again." }, probes: { seen: false } });
    expect({ ...observation(), ...read }.injectors).toEqual(observation().injectors);
  });
  test("reads the injectors and their webhooks until then", async () => {
    const cluster = api();
    await observeRollout(showing({ injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }), goal(), cluster);
    expect(paths(cluster)).toEqual([DAEMON_SET, CONFIG_MAP, WEBHOOKS]);
  });
});
