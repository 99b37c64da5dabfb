/** The sections of the job summary on checks, pods and warnings. Pure. */
import { POD_STATES } from "../../contract.ts";
import type { Check, CheckOutcome, PodState, Report } from "../../contract.ts";
import { code, fenced, markdown } from "../escape.ts";
import { count, number } from "../../lib/plural.ts";
import type { Allowance } from "./input.ts";
import { andMore, blocks, details, list, table } from "../markdown.ts";

const RESULT_ICONS: Readonly<Record<CheckOutcome, string>> = { fail: "❌", warn: "⚠️", skip: "⏭️", pass: "✅" };
const RESULT_WORDS: Readonly<Record<CheckOutcome, string>> = { fail: "failed", warn: "with warnings", skip: "skipped", pass: "passed" };

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

/** The checks: failed checks and warnings in full, skipped ones as a table, passed ones collapsed. */
export function checks(report: Report, allowance: Allowance): string {
  const { text } = allowance;
  const of = (result: CheckOutcome): Check[] => report.checks.filter((check) => check.result === result);
  const results: readonly CheckOutcome[] = ["fail", "warn", "skip", "pass"];
  const tally = results.flatMap((result) => {
    const found = of(result).length;
    return found === 0 ? [] : [`${RESULT_ICONS[result]} ${String(found)} ${RESULT_WORDS[result]}`];
  });
  if (tally.length === 0) return "";
  const rows = (found: readonly Check[]): string =>
    table(
      ["", "Check", "Finding"],
      found.map(({ result, title, message, remedy }) => [
        RESULT_ICONS[result],
        markdown(title, text),
        [markdown(message, text), toDoLine(remedy, text)].filter((part) => part !== "").join("<br>"),
      ]),
    );
  return blocks(
    `### Checks: ${tally.join(", ")}`,
    ...[...of("fail"), ...of("warn")].map((check) => finding(check, allowance)),
    rows(of("skip")),
    details("Passed checks", rows(of("pass"))),
  );
}

function finding(check: Check, { evidence, text }: Allowance): string {
  const shown = check.evidence.slice(0, evidence);
  const more = andMore(check.evidence.length - shown.length, evidence === 0 ? " lines of evidence in the JSON report" : "");
  return blocks(
    `#### ${RESULT_ICONS[check.result]} ${markdown(check.title, text)}`,
    markdown(check.message, text),
    list([...shown.map((line) => markdown(line, text)), ...(more === "" ? [] : [more])]),
    toDo(check.remedy, text),
  );
}

/** Lines of a remedy that are commands to paste. */
const COMMAND = /^(?:kubectl|az) /;

/** The remedy in one line, for a cell of a table. */
function toDoLine(remedy: string, limit: number): string {
  return remedy === "" ? "" : `**What to do:** ${markdown(remedy, limit)}`;
}

/** The remedy. Commands on lines of their own stand in a block that can be copied. */
function toDo(remedy: string, limit: number): string {
  const lines = remedy.split("\n");
  const from = lines.findIndex((line) => COMMAND.test(line));
  const to = lines.findLastIndex((line) => COMMAND.test(line)) + 1;
  const commands = lines.slice(from, to);
  if (from < 0 || !commands.every((line) => COMMAND.test(line))) return toDoLine(remedy, limit);
  const [before, after] = [lines.slice(0, from), lines.slice(to)].map((part) => markdown(part.join(" "), limit));
  return blocks(`**What to do:** ${before ?? ""}`.trim(), fenced("sh", commands, limit), after ?? "");
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
  return blocks(
    `### Pods: ${number(total)}`,
    table(["State", "Pods", "Meaning"], states),
    offending === "" ? "" : `#### Not in the expected state: ${number(offenders.length + offendersNotListed)} of ${count(total, "pod")}`,
    offending,
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
