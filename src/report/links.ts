/**
 * The links of a page. Their hosts are chosen here or are those of the runner; every part that comes from Azure or an input is encoded.
 * Pure.
 */

/** URLs; empty where there is none that is safe. */
export interface Links {
  /** The cluster in the portal of its cloud. */
  readonly portal: string;
  /** The cluster's activity log there. */
  readonly activityLog: string;
  /** The workflow run. */
  readonly run: string;
  /** The file of the workflow, at the commit that runs. */
  readonly workflow: string;
  /** `docs/troubleshooting.md` of the version that runs, without an anchor. */
  readonly troubleshooting: string;
}

export const NO_LINKS: Links = { portal: "", activityLog: "", run: "", workflow: "", troubleshooting: "" };

/** Microsoft's page on CNI chaining. */
export const CNI_DOCUMENTATION = "https://learn.microsoft.com/azure/aks/istio-cni";

/** The portals of the named clouds. A cloud that is named by its endpoint has no portal that is known to be its own. */
const PORTALS: Readonly<Record<string, string>> = {
  AzureCloud: "https://portal.azure.com",
  AzureUSGovernment: "https://portal.azure.us",
  AzureChinaCloud: "https://portal.azure.cn",
};

/** The cluster's pages in the portal. @param id its resource ID */
export function portalLinks(environment: string, id: string): Pick<Links, "portal" | "activityLog"> {
  const portal = Object.hasOwn(PORTALS, environment) ? PORTALS[environment] : undefined;
  const path = id.replace(/\p{Cs}/gu, "").split("/").map(encoded).join("/");
  if (portal === undefined || !/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i.test(path)) return { portal: "", activityLog: "" };
  return { portal: `${portal}/#@/resource${path}/overview`, activityLog: `${portal}/#@/resource${path}/eventlogs` };
}

/** A segment of a path. Parentheses would end a link of Markdown. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/[()'*!]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The anchor of a check or an error in the documentation; empty if the documentation's address is not known. */
export function helpLink(troubleshooting: string, anchor: string): string {
  return troubleshooting === "" || !/^[a-z0-9-]+$/i.test(anchor) ? "" : `${troubleshooting}#${anchor.toLowerCase()}`;
}

/** `[text](url)`; empty without a URL. @param text Markdown */
export function link(text: string, url: string): string {
  return url === "" ? "" : `[${text}](${url})`;
}
