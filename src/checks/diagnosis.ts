/**
 * Which finding is the cause of which. A finding is a check that fails or could not be decided. Each check says what explains its finding
 * ({@link CheckResult.explainedBy}); this file follows that to the causes. Pure.
 */
import type { CheckId, Diagnosis, MissingRight } from "../contract.ts";
import type { Right } from "../lib/errors.ts";
import { count } from "../lib/plural.ts";
import { joinRemedies, remedyCommands, remedyText } from "../lib/remedy.ts";
import type { CheckResult } from "./check-result.ts";

/** The causes, those that fail before those that could not be decided, each in the order of the checks. */
export function diagnose(results: readonly CheckResult[]): readonly Diagnosis[] {
  const graph = new Findings(results);
  const causes = graph.findings.filter(({ id }) => graph.causeOf(id) === id);
  const failing = causes.filter(({ result }) => result === "fail");
  return [...failing, ...causes.filter(({ result }) => result !== "fail")].map((cause) => describe(cause, graph));
}

/** The rights that are missing for checks that could not be decided, each once. @param ofError the right whose lack ended the run */
export function missingRights(results: readonly CheckResult[], ofError?: Right): readonly MissingRight[] {
  const rights = [ofError, ...results.map(({ missing }) => missing)].filter((right) => right !== undefined);
  return [...new Map(rights.map((right) => [`${right.action}\n${right.role}`, asMissing(right)])).values()];
}

function asMissing({ action, scope, role }: Right): MissingRight {
  return { action, scope, role };
}

function describe(cause: CheckResult, graph: Findings): Diagnosis {
  const following = graph.explained.filter(({ id }) => id !== cause.id && graph.causeOf(id) === cause.id);
  const undecided = [cause, ...following].filter(({ unverifiable }) => unverifiable);
  const rights = cause.missing === undefined ? [] : missingRights(undecided);
  const remedy = rights.length > 0 ? joinRemedies(undecided.map((result) => result.remedy)) : cause.remedy;
  return {
    cause: cause.id,
    consequences: following.map(({ id }) => id),
    message: rights.length > 0 ? `The identity lacks ${count(rights.length, "right")}, so ${count(undecided.length, "check")} could not be made.` : cause.message,
    remedy: remedyText(remedy),
    commands: remedyCommands(remedy),
  };
}

/** The findings of a run, and what explains them. */
class Findings {
  readonly findings: readonly CheckResult[];
  /** The findings, and the warnings that follow from one. */
  readonly explained: readonly CheckResult[];
  readonly #byId: ReadonlyMap<CheckId, CheckResult>;
  readonly #warnings: ReadonlyMap<CheckId, CheckResult>;

  constructor(results: readonly CheckResult[]) {
    this.findings = results.filter(({ result, unverifiable }) => result === "fail" || unverifiable);
    this.#byId = new Map(this.findings.map((result) => [result.id, result]));
    const warnings = results.filter((result) => result.result === "warn" && !result.unverifiable && this.#explainer(result) !== undefined);
    this.#warnings = new Map(warnings.map((result) => [result.id, result]));
    this.explained = results.filter((result) => this.findings.includes(result) || warnings.includes(result));
  }

  /** The cause of a finding: itself if nothing explains it. */
  causeOf(id: CheckId): CheckId {
    const finding = this.#byId.get(id) ?? this.#warnings.get(id);
    const explainer = finding === undefined ? undefined : this.#explainer(finding);
    return explainer === undefined ? id : this.causeOf(explainer);
  }

  #explainer(finding: CheckResult): CheckId | undefined {
    return this.#explainedByParts(finding) ?? (finding.unverifiable ? this.#sameReason(finding) : undefined);
  }

  /** The finding that explains the first part, if every part is explained. A failure never follows from what could not be looked at. */
  #explainedByParts({ id, explainedBy, unverifiable }: CheckResult): CheckId | undefined {
    const explainers = explainedBy.map((ids) => ids.find((other) => other !== id && (unverifiable || this.#byId.get(other)?.result === "fail") && this.#byId.has(other)));
    return explainers.length > 0 && explainers.every((explainer) => explainer !== undefined) ? explainers[0] : undefined;
  }

  /** The first of the findings that could not be decided for the same reason: missing rights, or the same message. */
  #sameReason(finding: CheckResult): CheckId | undefined {
    const first = this.findings.find(
      (other) => other.unverifiable && this.#explainedByParts(other) === undefined && (finding.missing === undefined ? other.missing === undefined && other.message === finding.message : other.missing !== undefined),
    );
    return first === undefined || first.id === finding.id ? undefined : first.id;
  }
}
