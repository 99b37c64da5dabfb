/** Generates worlds. The first value of each choice is the plainest one: fast-check shrinks towards it. */
import fc from "fast-check";
import type { ActorDescription, AdmissionDescription, AzureDescription, Course, InputsDescription, NamespaceDescription, NeighbourAction, NodesDescription, WorkloadDescription, WorldDescription } from "./description.ts";
import { possible } from "./possible.ts";

/** One of these; the plainest one as often as all others together. */
function mostly<T>(plain: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: others.length, arbitrary: fc.constant(plain) }, ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })));
}

/** One of these; the plainest one in three of four worlds. */
function usually<T>(plain: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: others.length * 3, arbitrary: fc.constant(plain) }, ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })));
}

/** One of these; the plainest one in nineteen of twenty worlds: what keeps a run from doing anything hides all the rest. */
function nearlyAlways<T>(plain: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: others.length * 19, arbitrary: fc.constant(plain) }, ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })));
}

const azure: fc.Arbitrary<AzureDescription> = fc.record({
  sku: fc.constantFrom("Base", "Automatic"),
  safeguards: mostly<AzureDescription["safeguards"]>("none", "warn", "refuse"),
  revisions: fc.oneof(
    { weight: 14, arbitrary: mostly<readonly string[]>(["asm-1-30"], ["asm-1-29"], ["asm-1-29", "asm-1-30"], ["asm-1-28"], ["asm-1-25"]) },
    { weight: 1, arbitrary: fc.constantFrom<(readonly string[])[]>(["asm-1-24"], []) },
  ),
  history: fc.constantFrom<AzureDescription["history"][]>(
    "CNI chaining for weeks",
    "init containers from the start",
    "CNI chaining for an hour",
    "reset to init containers by Terraform two hours ago",
    "CNI chaining was requested, and the operation failed",
    "CNI chaining is being switched on by another client",
  ),
  isNamed: usually(true, false),
  lastOperation: nearlyAlways<AzureDescription["lastOperation"]>("Succeeded", "Failed", "Canceled"),
  running: nearlyAlways<AzureDescription["running"]>("nothing", "a node pool's operation for 90 s", "an operation on the cluster for 4 min", "an operation that does not end"),
  isStopped: nearlyAlways(false, true),
  hasUnfinishedUpgrade: mostly(false, true),
  flag: mostly<AzureDescription["flag"]>("graduated", "registered", "not registered", "not registered, and not needed", "pending", "pending, and not needed", "registering"),
  putEnds: nearlyAlways<AzureDescription["putEnds"]>("Succeeded", "Failed", "Canceled", "Succeeded without effect"),
  cloud: nearlyAlways<AzureDescription["cloud"]>("usual", "quoted eTags only", "bare eTags only", "etag in lower case", "api-versions until 2026-01-01 only", "refuses revisions out of support"),
});

const nodes: fc.Arbitrary<NodesDescription> = fc.record({
  linux: fc.integer({ min: 1, max: 4 }),
  windows: mostly(0, 1),
  trouble: nearlyAlways<NodesDescription["trouble"]>("none", "broken CNI plugin on one node", "one node is not ready", "one node has just joined", "one node is cordoned", "a pool runs Ubuntu 20.04"),
});

const NAMES = ["shop", "payments", "edge"] as const;
const WORKLOADS = ["storefront", "ledger", "router", "reindex"] as const;

const injection = usually<NamespaceDescription["injection"]>("newest revision", "oldest revision", "revision tag", "none", "revision of nobody", "istio-injection=enabled", "both labels", "istio-injection=disabled and a revision");

function namespacesUpTo(most: number): fc.Arbitrary<readonly NamespaceDescription[]> {
  return fc.integer({ min: 0, max: most }).chain((count) =>
    fc.tuple(...NAMES.slice(0, count).map((name) => fc.record<NamespaceDescription>({ name: fc.constant(name), injection, podSecurity: nearlyAlways<NamespaceDescription["podSecurity"]>("none", "baseline", "restricted") }))),
  );
}

const template = usually<WorkloadDescription["template"]>(
  "plain", "opted out by label", "opted out by annotation", "on the host network", "TPROXY", "without interception", "classic sidecar",
  "classic sidecar and an init container of its own", "native sidecar", "injected by hand", "istio.io/rev on the pod",
);
const behaviour = usually<WorkloadDescription["behaviour"]>("runs", "never ready", "never ready after a restart", "started before the CNI agent", "on the broken node", "paused", "OnDelete", "partition", "completes");

const workloads: fc.Arbitrary<readonly WorkloadDescription[]> = fc.integer({ min: 0, max: WORKLOADS.length }).chain((count) =>
  fc.tuple(
    ...WORKLOADS.slice(0, count).map((name) =>
      fc.record<WorkloadDescription>({
        name: fc.constant(name),
        namespace: fc.constantFrom<string[]>(...NAMES),
        kind: mostly<WorkloadDescription["kind"]>("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"),
        replicas: fc.integer({ min: 1, max: 3 }),
        age: fc.constantFrom<WorkloadDescription["age"][]>("weeks", "a day", "half an hour", "a minute", "created when the cluster is first read"),
        template,
        behaviour,
      }),
    ),
  ),
);

const admission: fc.Arbitrary<AdmissionDescription> = fc.record({
  gatekeeper: nearlyAlways<AdmissionDescription["gatekeeper"]>("none", "refuses capabilities", "warns of capabilities", "refuses images"),
  quotaIn: nearlyAlways<string | undefined>(undefined, ...NAMES),
  sideEffectsIn: nearlyAlways<string | undefined>(undefined, ...NAMES),
  injectorIsDown: nearlyAlways(false, true),
});

/** `commands`: whether the API server may be one that only run commands reach. They run kubectl, which takes real time. */
function actors(commands: boolean): fc.Arbitrary<ActorDescription> {
  return fc.record({
    azure: usually<ActorDescription["azure"]>("everything", "the cluster only", "reads the cluster", "no write", "no credentials of the cluster", "write takes effect after 3 min"),
    cluster: usually<ActorDescription["cluster"]>("cluster admin", "writer", "reader", "nothing"),
    network: commands
      ? fc.constantFrom<ActorDescription["network"][]>("private", "refuses connections", "name does not resolve", "never answers", "private without run commands")
      : mostly<ActorDescription["network"]>("reached directly", "private with a public name"),
    usesEntra: nearlyAlways(true, false),
  });
}

const inputs: fc.Arbitrary<InputsDescription> = fc.record({
  restart: fc.constantFrom<InputsDescription["restart"][]>("never", "refused", "stale"),
  registerFeature: usually<InputsDescription["registerFeature"]>("auto", "always", "never"),
  label: mostly<InputsDescription["label"]>("no", "yes", "yes, and removes istio-injection", "yes, with the newest revision"),
  namespaces: usually<readonly string[]>([], ["shop"], ["shop", "payments"], ["*"], ["nowhere"]),
  probe: nearlyAlways(true, false),
});

/** Around the PUT, which is sent after some twenty reads. */
const REQUESTS = { min: 1, max: 45 };
const neighbour: fc.Arbitrary<NeighbourAction> = fc.record({
  beforeRequest: fc.integer(REQUESTS),
  what: fc.constantFrom<NeighbourAction["what"][]>(
    "changes a tag of the cluster", "resets the mesh to init containers", "upgrades a node pool", "starts a canary upgrade of the mesh", "deletes the last namespace", "rolls the first workload", "adds a node",
  ),
});
const course: fc.Arbitrary<Course> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Course>({ kind: "undisturbed" }) },
  { weight: 2, arbitrary: fc.array(neighbour, { minLength: 1, maxLength: 2 }).map((actions): Course => ({ kind: "neighbours", actions })) },
  { weight: 1, arbitrary: fc.integer(REQUESTS).map((atRequest): Course => ({ kind: "interrupted", atRequest })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map((atRequest): Course => ({ kind: "twice at once", atRequest })) },
);

/** Possible worlds, at random. `commands`: those that only run commands reach, which are in no other set. */
export function worlds(commands: boolean): fc.Arbitrary<WorldDescription> {
  return fc.record<WorldDescription>({ azure, nodes, namespaces: namespacesUpTo(NAMES.length), workloads, admission, actor: actors(commands), inputs, course }).map(possible);
}
