/** The sections of the job summary on the verdict, the cluster and the footer. Pure. Each is empty if it has no content. */
import type { MeshCounts, Report } from "../../contract.ts";
import { duration } from "../../lib/duration.ts";
import { number } from "../../lib/plural.ts";
import { code, markdown } from "../escape.ts";
import { CNI_DOCUMENTATION, link } from "../links.ts";
import { whyNoWrites } from "../last-writes.ts";
import { blocks, table } from "../markdown.ts";
import { headlineOf, proofOf, verdictOf } from "../verdict.ts";
import type { Allowance, SummaryInput } from "./input.ts";

/** The verdict, and what is proven. */
export function headline({ report }: Pick<SummaryInput, "report">, { text }: Allowance): string {
  return blocks(`## ${verdictOf(report).icon} ${markdown(headlineOf(report), text)}`, proofOf(report).map((sentence) => emphasised(markdown(sentence, text))).join(" "));
}

/** Sets the first number of a sentence in bold: `11 of 11 pods`. */
function emphasised(sentence: string): string {
  return sentence.replace(/\b\d[\d,]* of \d[\d,]* \w+/, "**$&**");
}

/** What a run has changed, in numbers; empty if it changed nothing, or nothing that is counted. */
export function beforeAndAfter({ counts, mode }: Report): string {
  const { before, after } = counts ?? {};
  if (before === undefined || after === undefined) return "";
  const labels: readonly (readonly [keyof MeshCounts, string])[] = [
    ["podsRedirected", mode === "disable" ? "pods redirected by istio-init" : "pods redirected by the CNI agent"],
    ["podsInMesh", "pods in the mesh"],
    ["agentsReady", "nodes with a ready CNI agent"],
    ["workloadsRefused", "workloads whose pods were refused"],
    ["workloadsToRestart", "workloads to restart"],
  ];
  const rows = labels.flatMap(([key, label]) => {
    const [was, is] = [before[key], after[key]];
    return was === is ? [] : [[label, cell(was), cell(is)]];
  });
  return table(["Count", "Before", "After"], rows);
}

function cell(value: number | undefined): string {
  return value === undefined ? "not known" : number(value);
}

/** The cluster, its mesh, and how the run accessed them. */
export function facts({ report, accessUsed, identityUsed, lastWrites }: SummaryInput, { text }: Allowance): string {
  const { cluster, mesh, feature } = report;
  const rows: [string, string][] = [
    ["Resource ID", code(cluster.id, text)],
    ["Redirection", beforeAfter(code(mesh.redirectionMechanism.before, text), code(mesh.redirectionMechanism.after, text))],
    ["Mesh revisions", mesh.revisions.slice(0, 10).map((revision) => code(revision, text)).join(", ")],
    ["Feature flag", join([beforeAfter(code(feature.before, text), code(feature.after, text)), markdown(feature.name, text)])],
    ["Kubernetes", join([code(cluster.kubernetesVersion, text), markdown(cluster.sku, text), markdown(cluster.location, text)])],
    ["State", join([markdown(cluster.provisioningState, text), markdown(cluster.powerState, text)])],
    // The reason is told as a cause.
    ["Kubernetes access", markdown(accessUsed.startsWith("none: ") ? "none" : accessUsed, text)],
    ["Identity", markdown(identityUsed, text)],
    ["Last write", whyNoWrites(lastWrites, text)],
  ];
  return table(["Cluster", code(cluster.name, text) || "unknown"], rows.filter(([, value]) => value !== ""));
}

/** Links, mode, duration, numbers of requests, and the path of the JSON report. */
export function footer({ report, reportPath, links }: SummaryInput, { text }: Allowance): string {
  const { arm, kubernetes, retried } = report.requests;
  const took = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  const parts = [
    `mode ${report.mode}, started ${markdown(report.startedAt, text)}, took ${duration(took)}`,
    `requests: ${String(arm)} to Resource Manager, ${String(kubernetes)} to Kubernetes, ${String(retried)} of them retried`,
    `JSON report: ${reportPath === undefined ? "could not be written" : code(reportPath, text)}`,
  ];
  const linked = [link("Cluster in the portal", links.portal), link("Activity log", links.activityLog), link("Workflow", links.workflow), link("CNI chaining on AKS", CNI_DOCUMENTATION)];
  return blocks(linked.filter((part) => part !== "").join(" · "), `<sub>${parts.join(" · ")}</sub>`);
}

function beforeAfter(before: string, after: string): string {
  if (before === after || before === "") return after;
  return `${before} → <strong>${after || "unknown"}</strong>`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}
