/** The scenarios by name. */
import type { World } from "../world/world.ts";
import { noRunCommand, privateCluster, readerOnly } from "./access.ts";
import { gatekeeper, noPodsYet, race126, revisionTags, stuckRollout, twoRevisions } from "./in-cluster.ts";
import { busy, flagGraduated, flagPending, forbidden, meshOff, revisionTooOld, stopped } from "./blocked.ts";
import { canary, compliant, fresh, refusedBySafeguards, resetByTerraform, stalePods } from "./switch.ts";

export interface Scenario {
  /** One line. */
  readonly description: string;
  /** Makes the world. `now`: ms since the epoch. */
  readonly create: (now: number) => World;
  /** The modes in which the action is right to fail here. */
  readonly failsIn: readonly string[];
  /** Whether apply fails as well where it is told to restart workloads. */
  readonly failsRestarting?: boolean;
}

const REGISTRY = {
  fresh: {
    description: "AKS Automatic, mesh on, init containers: safeguards refuse the workloads until the switch",
    create: fresh,
    failsIn: ["check", "disable"],
  },
  compliant: {
    description: "CNI chaining is on and everything is right: nothing to do",
    create: compliant,
    failsIn: ["disable"],
  },
  "reset-by-terraform": {
    description: "a terraform apply two hours ago put init containers back",
    create: resetByTerraform,
    failsIn: ["check"],
  },
  "flag-graduated": {
    description: "as fresh, but Azure knows no preview flag and needs none",
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
    description: "the mesh runs asm-1-24, which knows no CNI chaining",
    create: revisionTooOld,
    failsIn: ["apply", "check"],
  },
  stopped: {
    description: "the cluster is stopped, its API server unreachable",
    create: stopped,
    failsIn: ["apply", "check"],
  },
  busy: {
    description: "as fresh, but a node pool operation is in progress for 90 s",
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
    description: "all is right but one Deployment with a hand-injected istio-init",
    create: refusedBySafeguards,
    failsIn: ["apply", "check", "disable"],
  },
  forbidden: {
    description: "the identity may read the resource group and nothing else",
    create: forbidden,
    failsIn: ["apply", "check"],
  },
  private: {
    description: "a private cluster to be switched; a run command is the only way in",
    create: privateCluster,
    failsIn: ["check", "disable"],
  },
  "no-run-command": {
    description: "as private, with run commands forbidden: nobody can look inside",
    create: noRunCommand,
    failsIn: ["check"],
  },
  "reader-only": {
    description: "all is right, and the identity is no more than RBAC Reader in the cluster",
    create: readerOnly,
    failsIn: [],
  },
  "no-pods-yet": {
    description: "all is right, and no workload has been deployed",
    create: noPodsYet,
    failsIn: ["disable"],
  },
  gatekeeper: {
    description: "a Base cluster whose Gatekeeper refuses istio-init, and unknown images in one namespace",
    create: gatekeeper,
    failsIn: ["check", "disable"],
  },
  "two-revisions": {
    description: "a canary upgrade mid-way with CNI chaining on: each team on a revision of its own",
    create: twoRevisions,
    failsIn: ["disable"],
  },
  "revision-tags": {
    description: "namespaces on revision tags, one of them on a tag that nobody serves",
    create: revisionTags,
    failsIn: ["apply", "check", "disable"],
  },
  "stuck-rollout": {
    description: "switched but not restarted; the second workload's new pods would never get ready",
    create: stuckRollout,
    failsIn: [],
    failsRestarting: true,
  },
  "race-126": {
    description: "a pod that lost the race against the CNI plugin and recovers, and one whose node's plugin is broken",
    create: race126,
    failsIn: ["apply", "check"],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof REGISTRY;

/** Whether a text names a scenario. */
export function isScenarioName(text: string): text is ScenarioName {
  return Object.hasOwn(REGISTRY, text);
}

/** A scenario by name. */
export function scenario(name: ScenarioName): Scenario {
  return REGISTRY[name];
}

/** Names and descriptions, in the order in which to show them. */
export const scenarios: readonly { readonly name: ScenarioName; readonly description: string }[] = Object.keys(REGISTRY)
  .filter(isScenarioName)
  .map((name) => ({ name, description: REGISTRY[name].description }));
