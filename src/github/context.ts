/** Where the drift issue lives and which run speaks, from what the runner says. Pure. */
import type { Repository } from "./drift-issue/sync.ts";
import type { RunReference } from "./drift-issue/text.ts";

/** An environment variable; empty where it is not set. */
type Environment = (name: string) => string;

const PUBLIC_API = "https://api.github.com";

/** The workflow's own repository, at the GitHub (Enterprise Server too) that runs the workflow. */
export function repositoryOf(environment: Environment, token: string): Repository {
  return { apiUrl: environment("GITHUB_API_URL").trim() || PUBLIC_API, name: environment("GITHUB_REPOSITORY").trim(), token };
}

/** The run's page; empty outside of a workflow, or where it would not be safe inside of Markdown. */
export function runReferenceOf(environment: Environment): RunReference {
  const id = environment("GITHUB_RUN_ID");
  const url = `${environment("GITHUB_SERVER_URL").replace(/\/+$/, "")}/${environment("GITHUB_REPOSITORY")}/actions/runs/${id}`;
  return /^https?:\/\/[\w.:-]+(?:\/[\w.-]+)*\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+$/.test(url) ? { url, id } : { url: "", id: "" };
}

/** The cluster's resource ID as the inputs tell it; empty where they leave the subscription open. */
export function resourceIdOf(target: { readonly subscriptionId: string | undefined; readonly resourceGroup: string; readonly cluster: string }): string {
  const { subscriptionId, resourceGroup, cluster } = target;
  if (subscriptionId === undefined) return "";
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster}`;
}
