/** Findings of the auditors that are left as they are, each with its reason. */

export interface Accepted {
  /** Auditor and rule, such as `zizmor unpinned-uses`. */
  readonly finding: string;
  readonly why: string;
  /** Where it is: a file, and the place in it. */
  readonly at: readonly string[];
}

export const ACCEPTED: readonly Accepted[] = [
  {
    finding: "zizmor unpinned-uses",
    why: "The commit of this action's own release: a workflow of the release cannot name it, because it is not known before the release is made.",
    at: [
      ".github/workflows/fleet-check.yml jobs.check.steps.0.uses",
      ".github/workflows/fleet-check.yml jobs.discover.steps.0.uses",
      ".github/workflows/fleet-check.yml jobs.summary.steps.3.uses",
    ],
  },
  {
    finding: "zizmor unpinned-uses",
    why: "The same in what is to be copied: who copies it pins the commit of the release that is current then.",
    at: [
      ".github/workflows/README, A scheduled drift check.yml jobs.check.steps.0.uses",
      ".github/workflows/README, Start.yml jobs.istio-cni.steps.0.uses",
      "examples/by-hand.yml jobs.mesh.steps.0.uses",
      "examples/deploy-with-terraform.yml jobs.mesh.steps.0.uses",
      "examples/drift-check.yml jobs.check.steps.0.uses",
      "examples/fleet-drift-check-large.yml jobs.batches.steps.0.uses",
      "examples/fleet-drift-check-large.yml jobs.fleet.uses",
      "examples/fleet-drift-check.yml jobs.fleet.uses",
    ],
  },
  {
    finding: "zizmor anonymous-definition",
    why: "GitHub shows a job without a name by its ID, and these IDs say what a name would say.",
    at: [
      ".github/workflows/README, A scheduled drift check.yml jobs.check",
      ".github/workflows/README, Start.yml jobs.istio-cni",
      ".github/workflows/ci.yml jobs.gate",
      ".github/workflows/fleet-check.yml jobs.discover",
      ".github/workflows/fleet-check.yml jobs.summary",
      "examples/by-hand.yml jobs.mesh",
      "examples/deploy-with-terraform.yml jobs.mesh",
      "examples/deploy-with-terraform.yml jobs.terraform",
      "examples/drift-check.yml jobs.check",
      "examples/fleet-drift-check-large.yml jobs.batches",
    ],
  },
];
