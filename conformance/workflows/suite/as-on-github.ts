/** What GitHub does for a workflow and act does not, written into the workflow. The README of this folder lists it. */
import { isMap, parseDocument } from "yaml";

/** act knows no `strategy.job-index`. In the fleet's matrix the name differs from job to job as well. */
const JOB_INDEX = "${{ strategy.job-index }}";
const INSTEAD_OF_JOB_INDEX = "${{ matrix.name }}";

/** act does not know `$/`, the repository of the workflow at its own commit: of a workflow of this repository, that is the release. */
export function withSelfReferences(workflow: string): string {
  return workflow.replace(/(?<=uses: )\$\/(\S+)/g, "org/istio-cni-aks/$1@v1");
}

/**
 * The workflow as act is given it. A job that may write `id-token` gets these variables, and no other job: act grants every job
 * everything, so that a workflow without the permission would pass.
 */
export function asOnGitHub(workflow: string, oidc: Readonly<Record<string, string>>): string {
  const document = parseDocument(workflow.replaceAll(JOB_INDEX, INSTEAD_OF_JOB_INDEX));
  const jobs = document.get("jobs");
  if (!isMap(jobs)) throw new Error("The workflow has no jobs.");
  for (const { key } of jobs.items) {
    const id = String(key);
    // A job that calls a workflow has no environment; the called jobs have permissions of their own.
    if (document.hasIn(["jobs", id, "uses"]) || document.getIn(["jobs", id, "permissions", "id-token"]) !== "write") continue;
    for (const [name, value] of Object.entries(oidc)) document.setIn(["jobs", id, "env", name], value);
  }
  return document.toString({ lineWidth: 0 });
}
