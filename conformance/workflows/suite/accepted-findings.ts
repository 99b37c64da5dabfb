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
    finding: "actionlint action",
    why: "actionlint 1.7.12 does not know `$/`, which names an action at the commit of the workflow (GitHub, July 2026).",
    at: [["drift-check", "istio-cni"], ["fleet-check", "discover"], ["fleet-check", "fleet-summary"], ["fleet-check", "istio-cni"]].map(([file, action]) => `.github/workflows/${file}.yml specifying action "$/${action}" in invalid format because ref is missing. available formats are "{owner}/{repo}@{ref}" or "{owner}/{repo}/{path}@{ref}"`),
  },
  {
    finding: "zizmor unpinned-uses",
    why: "The commit of the release that is current when somebody copies it; who does pins it.",
    at: [
      ".github/workflows/recipes, A scheduled drift check.yml jobs.check.steps.0.uses",
      ".github/workflows/README, Start.yml jobs.istio-cni.steps.0.uses",
      "examples/by-hand.yml jobs.mesh.steps.0.uses",
      "examples/deploy-with-terraform.yml jobs.mesh.steps.0.uses",
      "examples/drift-check-and-repair.yml jobs.drift.uses",
      "examples/drift-check-with-notification.yml jobs.check.steps.0.uses",
      "examples/drift-check.yml jobs.drift.uses",
      "examples/fleet-drift-check-large.yml jobs.batches.steps.0.uses",
      "examples/fleet-drift-check-large.yml jobs.fleet.uses",
      "examples/fleet-drift-check.yml jobs.fleet.uses",
      "examples/plan-on-pull-request.yml jobs.plan.steps.0.uses",
    ],
  },
  {
    finding: "zizmor anonymous-definition",
    why: "GitHub shows a job without a name by its ID, and these IDs say what a name would say.",
    at: [
      ".github/workflows/recipes, A scheduled drift check.yml jobs.check",
      ".github/workflows/README, Start.yml jobs.istio-cni",
      ".github/workflows/ci.yml jobs.gate",
      ".github/workflows/drift-check.yml jobs.check",
      ".github/workflows/drift-check.yml jobs.repair",
      ".github/workflows/fleet-check.yml jobs.discover",
      ".github/workflows/fleet-check.yml jobs.summary",
      "examples/by-hand.yml jobs.mesh",
      "examples/deploy-with-terraform.yml jobs.mesh",
      "examples/deploy-with-terraform.yml jobs.terraform",
      "examples/drift-check-with-notification.yml jobs.check",
      "examples/fleet-drift-check-large.yml jobs.batches",
      "examples/plan-on-pull-request.yml jobs.plan",
    ],
  },
];
