/** The sections of the job summary on checks, pods and warnings. Pure. */
import { POD_STATES } from "../../contract.ts";
import type { CheckOutcome, PodState, Report } from "../../contract.ts";
import { code, markdown } from "../escape.ts";
import { count, number } from "../../lib/plural.ts";
import type { Allowance } from "./input.ts";
import { andMore, blocks, details, list, table } from "../markdown.ts";
import { causesOf } from "../verdict.ts";
import { remedyText } from "../../lib/remedy.ts";

const RESULT_ICONS: Readonly<Record<CheckOutcome, string>> = { fail: "❌", warn: "⚠️", skip: "⏭️", pass: "✅" };

/** The meaning of each state. */
const STATE_MEANINGS: Readonly<Record<PodState, string>> = {
  cni: "redirected by the CNI plugin, no privileges of its own",
  "legacy-init": "still has the privileged istio-init",
  conflicting: "has istio-init and istio-validation both",
  malformed: "injected, but not as the injector does it",
  "privileged-proxy": "an Istio container is privileged or has capabilities of its own",
  "not-injected": "should have a sidecar, has none: restart it",
  "dangling-revision": "asks for a revision that is not installed",
  gateway: "a gateway: takes traffic, redirects none",
  proxyless: "in the mesh without Envoy",
  "no-interception": "has a sidecar, asks for no redirection",
  "custom-template": "injected from a template of its own",
  "opted-out": "opted out of injection",
  exempt: "on the host's network: never injected",
  "out-of-mesh": "not meant to be in the mesh",
  unknown: "not recognised",
};

/** The checks that are no findings, folded: those that passed, that do not apply, and that were left out on purpose. */
export function otherChecks(report: Report, { text }: Allowance): string {
  const told = new Set(causesOf(report).flatMap(({ cause, consequences }) => [cause, ...consequences]));
  const others = report.checks.filter(({ id, result }) => !told.has(id) && result !== "warn" && result !== "fail");
  const passed = others.filter(({ result }) => result === "pass").length;
  const skipped = others.length - passed;
  const counted = [passed === 0 ? "" : `${count(passed, "check")} passed`, skipped === 0 ? "" : count(skipped, "does not apply", "do not apply")];
  const messages = new Set<string>();
  const rows = others.map(({ result, title, message, remedy }) => {
    const detail = messages.has(message) ? ["as above"] : [message, remedyText(remedy)];
    messages.add(message);
    return [`${RESULT_ICONS[result]} ${markdown(title, text)}`, detail.filter((part) => part !== "").map((part) => markdown(part, text)).join("<br>")];
  });
  return details(counted.filter((part) => part !== "").join(", "), table(["Check", "Detail"], rows));
}

/** The number of pods by state, and the pods that are not in the expected state. */
export function pods({ pods: { total, byState, offenders, offendersNotListed } }: Report, allowance: Allowance): string {
  if (total === 0 && offenders.length === 0) return "";
  const { text } = allowance;
  const states = POD_STATES.flatMap((state) => {
    const found = byState[state] ?? 0;
    return found === 0 ? [] : [[`\`${state}\``, number(found), STATE_MEANINGS[state]]];
  });
  const shown = offenders.slice(0, allowance.offenders);
  const hidden = offenders.length - shown.length + offendersNotListed;
  const rows = shown.map(({ namespace, name, owner, state, detail }) => [
    code(`${namespace}/${name}`, text),
    owner.kind === "Pod" ? "none" : `${markdown(owner.kind, text)} ${code(owner.name, text)}`,
    `\`${state}\``,
    markdown(detail, text),
  ]);
  const listed = offenders.length > shown.length ? `; the JSON report lists ${number(offenders.length)}` : "";
  const offending = blocks(table(["Pod", "Owner", "State", "Detail"], rows), andMore(hidden, listed));
  const notListed = offenders.length + offendersNotListed;
  return details(
    notListed === 0 ? `${count(total, "pod")} by state` : `${count(total, "pod")} by state, ${number(notListed)} not in the expected one`,
    blocks(table(["State", "Pods", "Meaning"], states), offending),
  );
}

/** `Warning` headers of the Kubernetes API. */
export function kubernetesWarnings(warnings: readonly string[], allowance: Allowance): string {
  const distinct = [...new Set(warnings)];
  const shown = distinct.slice(0, allowance.warnings);
  return details(
    `⚠️ ${count(distinct.length, "warning")} from the Kubernetes API`,
    blocks(list(shown.map((warning) => markdown(warning, allowance.text))), andMore(distinct.length - shown.length)),
  );
}
