/** The links to GitHub on a page, from the variables of the runner. Source: GitHub's documentation of variables and contexts. */
import type { InputSource } from "../lib/input-reader.ts";
import { VERSION } from "../lib/version.ts";
import type { Links } from "../report/links.ts";

const SERVER = /^https?:\/\/[\w.:-]+$/;
const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;
const REF = /^[\w.-]+(?:\/[\w.-]+)*$/;
const WORKFLOW_REF = /^[\w.-]+\/[\w.-]+\/(\.github\/workflows\/[\w.-]+\.ya?ml)@/;
/** A repository's placeholder in this project: `scripts` replaces it by its owner. */
const OWN_REPOSITORY = "org/istio-cni-aks";

/** Links to the run, its workflow, and the documentation of the version that runs. Empty where a variable is missing or malformed. */
export function pageLinks({ environment }: Pick<InputSource, "environment">): Pick<Links, "run" | "workflow" | "troubleshooting"> {
  const server = matching(environment("GITHUB_SERVER_URL").replace(/\/+$/, ""), SERVER) || "https://github.com";
  const repository = matching(environment("GITHUB_REPOSITORY"), REPOSITORY);
  const runId = matching(environment("GITHUB_RUN_ID"), /^\d+$/);
  const commit = matching(environment("GITHUB_WORKFLOW_SHA"), /^[0-9a-f]{40,64}$/);
  const file = WORKFLOW_REF.exec(environment("GITHUB_WORKFLOW_REF"))?.[1] ?? "";
  // The runner sets both for an action from a repository, and neither for one by its path.
  const actionRepository = matching(environment("GITHUB_ACTION_REPOSITORY"), REPOSITORY);
  const actionRef = matching(environment("GITHUB_ACTION_REF"), REF);
  const isGiven = actionRepository !== "" && actionRef !== "";
  const documentation = isGiven ? `${server}/${actionRepository}/blob/${actionRef}` : `https://github.com/${OWN_REPOSITORY}/blob/v${VERSION}`;
  return {
    run: repository === "" || runId === "" ? "" : `${server}/${repository}/actions/runs/${runId}`,
    workflow: repository === "" || commit === "" || file === "" ? "" : `${server}/${repository}/blob/${commit}/${file}`,
    troubleshooting: `${documentation}/docs/troubleshooting.md`,
  };
}

/** The page of a job; that of the run where the job's ID is not known. @param run URL of the run; empty if it is not known */
export function jobUrl(run: string, jobId: string): string {
  return run === "" || !/^\d{1,20}$/.test(jobId) ? run : `${run}/job/${jobId}`;
}

/** The text if it matches and no segment of it is `..`, else empty. */
function matching(text: string, pattern: RegExp): string {
  return pattern.test(text) && !text.split("/").includes("..") ? text : "";
}
