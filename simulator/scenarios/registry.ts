/** All scenarios by name. Add a new one here. */
import type { World } from "../world/world.ts";
import { noRunCommand, privateCluster, readerOnly } from "./access.ts";
import { busy, flagGraduated, flagPending, forbidden, meshOff, revisionOutOfSupport, revisionTooOld, stopped } from "./blocked.ts";
import { gatekeeper, noPodsYet, race126, revisionTags, stuckRollout, twoRevisions } from "./in-cluster.ts";
import { canary, compliant, fresh, refusedBySafeguards, resetByTerraform, stalePods } from "./switch.ts";

export interface Scenario {
  /** One line, for the demo. */
  readonly description: string;
  /** Creates the world. `now`: ms since the epoch. */
  readonly create: (now: number) => World;
  /** The modes in which the action is expected to fail. */
  readonly failsIn: readonly string[];
  /** Whether apply is expected to fail with restart-workloads. */
  readonly failsRestarting?: boolean;
}

const REGISTRY = {
  fresh: {
    description: "AKS Automatic, mesh on, init containers: safeguards have refused the workloads since yesterday",
    create: fresh,
    failsIn: ["check", "disable"],
  },
  compliant: {
    description: "CNI chaining is on and all checks pass: nothing to do",
    create: compliant,
    failsIn: ["disable"],
  },
  "reset-by-terraform": {
    description: "a terraform apply two hours ago restored init containers",
    create: resetByTerraform,
    failsIn: ["check"],
  },
  "flag-graduated": {
    description: "as fresh, but Azure does not know the preview flag and does not need it",
    create: flagGraduated,
    failsIn: ["check", "disable"],
  },
  "flag-pending": {
    description: "as fresh, but registering the flag waits for an approval that never comes",
    create: flagPending,
    failsIn: ["apply", "check", "disable"],
  },
  "mesh-off": { description: "the mesh add-on is not enabled", create: meshOff, failsIn: ["apply", "check"] },
  "revision-too-old": {
    description: "the mesh runs asm-1-24, which does not support CNI chaining",
    create: revisionTooOld,
    failsIn: ["apply", "check"],
  },
  "revision-out-of-support": {
    description: "the mesh runs asm-1-28, which AKS no longer supports; it can be switched all the same",
    create: revisionOutOfSupport,
    failsIn: ["check"],
  },
  stopped: {
    description: "the cluster is stopped, its API server unreachable",
    create: stopped,
    failsIn: ["apply", "check"],
  },
  busy: {
    description: "as fresh, but a node pool operation runs for 90 s",
    create: busy,
    failsIn: ["check", "disable"],
  },
  canary: {
    description: "a canary upgrade: two revisions and a revision tag, init containers",
    create: canary,
    failsIn: ["check", "disable"],
  },
  "stale-pods": {
    description: "a Base cluster whose running pods keep istio-init until they are restarted",
    create: stalePods,
    failsIn: ["check"],
  },
  "refused-by-safeguards": {
    description: "compliant, except for one Deployment with a manually injected istio-init",
    create: refusedBySafeguards,
    failsIn: ["apply", "check", "disable"],
  },
  forbidden: {
    description: "the identity may only read the resource group",
    create: forbidden,
    failsIn: ["apply", "check"],
  },
  private: {
    description: "a private cluster with init containers; only run commands reach its API server",
    create: privateCluster,
    failsIn: ["check", "disable"],
  },
  "no-run-command": {
    description: "as private, with run commands disabled: the API server cannot be reached",
    create: noRunCommand,
    failsIn: ["check"],
  },
  "reader-only": {
    description: "compliant; the identity is only RBAC Reader in the cluster",
    create: readerOnly,
    failsIn: ["disable"],
  },
  "no-pods-yet": {
    description: "compliant, without workloads",
    create: noPodsYet,
    failsIn: ["disable"],
  },
  gatekeeper: {
    description: "a Base cluster whose Gatekeeper refuses istio-init, and unknown images in one namespace",
    create: gatekeeper,
    failsIn: ["check", "disable"],
  },
  "two-revisions": {
    description: "a canary upgrade in progress with CNI chaining: each team uses another revision",
    create: twoRevisions,
    failsIn: ["disable"],
  },
  "revision-tags": {
    description: "namespaces with revision tags, one of which belongs to no revision",
    create: revisionTags,
    failsIn: ["apply", "check", "disable"],
  },
  "stuck-rollout": {
    description: "switched but not restarted; after a restart, one workload's new pods never become ready",
    create: stuckRollout,
    failsIn: [],
    failsRestarting: true,
  },
  "race-126": {
    description: "one pod started before the CNI plugin and recovers; another runs on a node with a broken plugin",
    create: race126,
    failsIn: ["apply", "check"],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof REGISTRY;

/** Whether a text is the name of a scenario. */
export function isScenarioName(text: string): text is ScenarioName {
  return Object.hasOwn(REGISTRY, text);
}

/** A scenario by name. */
export function scenario(name: ScenarioName): Scenario {
  return REGISTRY[name];
}

/** Names and descriptions in display order. */
export const scenarios: readonly { readonly name: ScenarioName; readonly description: string }[] = Object.keys(REGISTRY)
  .filter(isScenarioName)
  .map((name) => ({ name, description: REGISTRY[name].description }));
