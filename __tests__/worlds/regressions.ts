/** Worlds in which an invariant did not hold once. They are played in each test run. */
import type { WorldDescription } from "./description.ts";

/** A world in which all is well. */
const PLAIN: WorldDescription = {
  azure: { sku: "Base", safeguards: "none", revisions: ["asm-1-30"], history: "CNI chaining for weeks", isNamed: true, lastOperation: "Succeeded", running: "nothing", isStopped: false, hasUnfinishedUpgrade: false, flag: "graduated", putEnds: "Succeeded", cloud: "usual" },
  nodes: { linux: 2, windows: 0, trouble: "none" },
  namespaces: [{ name: "shop", injection: "newest revision", podSecurity: "none" }],
  workloads: [{ name: "storefront", namespace: "shop", kind: "Deployment", replicas: 2, age: "weeks", template: "plain", behaviour: "runs" }],
  admission: { gatekeeper: "none", quotaIn: undefined, sideEffectsIn: undefined, injectorIsDown: false },
  actor: { azure: "everything", cluster: "cluster admin", network: "reached directly", usesEntra: true },
  inputs: { restart: "never", registerFeature: "auto", label: "no", namespaces: [], probe: true },
  course: { kind: "undisturbed" },
};

/** What differs from the plain world, by part. */
type Differences = { readonly [Part in Exclude<keyof WorldDescription, "namespaces" | "workloads" | "course">]?: Partial<WorldDescription[Part]> } & Partial<Pick<WorldDescription, "namespaces" | "workloads" | "course">>;

function world({ azure, nodes, admission, actor, inputs, ...others }: Differences): WorldDescription {
  return {
    ...PLAIN,
    ...others,
    azure: { ...PLAIN.azure, ...azure },
    nodes: { ...PLAIN.nodes, ...nodes },
    admission: { ...PLAIN.admission, ...admission },
    actor: { ...PLAIN.actor, ...actor },
    inputs: { ...PLAIN.inputs, ...inputs },
  };
}

const [storefront] = PLAIN.workloads;

/** `about`: what was wrong. */
export const REGRESSIONS: readonly { readonly about: string; readonly world: WorldDescription }[] = [
  { about: "nothing", world: PLAIN },
  { about: "the report named no right for a probe that was not allowed", world: world({ actor: { cluster: "reader" }, workloads: [] }) },
  {
    about: "the plan did not show the restart that follows the switch of another client",
    world: world({
      azure: { safeguards: "refuse", history: "CNI chaining is being switched on by another client" },
      inputs: { restart: "refused" },
      ...(storefront === undefined ? {} : { workloads: [{ ...storefront, kind: "StatefulSet" }] }),
    }),
  },
  { about: "a cluster whose body spells etag in lower case, which no API version declares, is switched with it unchanged", world: world({ azure: { history: "init containers from the start", cloud: "etag in lower case" } }) },
  {
    about: "a DaemonSet whose update admission refused was not counted",
    world: world({
      azure: { safeguards: "refuse", history: "reset to init containers by Terraform two hours ago" },
      ...(storefront === undefined ? {} : { workloads: [{ ...storefront, kind: "DaemonSet" }] }),
      course: { kind: "neighbours", actions: [{ beforeRequest: 1, what: "rolls the first workload" }] },
    }),
  },
];
