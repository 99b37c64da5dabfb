/** The ends of the cases of one scenario: of a run, or of another case that is known to end the same. */
import type { Mode } from "../../src/contract.ts";
import type { ScenarioName } from "../../simulator/index.ts";
import { type Case, caseNamed } from "./cases.ts";
import { ANY_ANSWER, CellFacts, isOfCredential, isOfSignIn, startAlike } from "./equivalences.ts";
import { publishedEnd } from "./published-end.ts";
import { publishAgain, runOnce } from "./run-once.ts";
import type { CaseEnd, RunEnd, RunPlan } from "./run-types.ts";

/** A run with a fault in its sign-in, and where. */
interface SignIn {
  /** undefined where it went on as the run without a fault. */
  readonly failed: RunEnd | undefined;
  /** For so many requests of the run without a fault, the two were alike. */
  readonly alikeAfter: number;
  readonly clean: RunEnd;
  readonly named: string;
}

/** The sign-ins with faults of this process, of all scenarios and modes. */
const signIns = new Map<string, SignIn>();

export class Ends {
  readonly #scenario: ScenarioName;
  readonly #facts: ReadonlyMap<Mode, CellFacts>;
  readonly #known = new Map<string, Promise<CaseEnd>>();

  /** @param clean the runs without a fault, by mode */
  constructor(scenario: ScenarioName, clean: ReadonlyMap<Mode, RunEnd>) {
    this.#scenario = scenario;
    const plan = clean.get("plan");
    if (plan === undefined) throw new Error("There is no run in mode plan.");
    this.#facts = new Map([...clean].map(([mode, end]) => [mode, new CellFacts(end, plan)]));
  }

  /** Drops the ends that are known: each has a world in memory. */
  forget(): void {
    this.#known.clear();
  }

  /** The end of a case; it is run if no other way to know it is. */
  of(mode: Mode, each: Case): Promise<CaseEnd> {
    const key = this.#nameOf(mode, each);
    const known = this.#known.get(key) ?? this.#find(mode, each);
    this.#known.set(key, known);
    return known;
  }

  /** Runs a case, whatever is known about it. */
  run(mode: Mode, { nth, target, sender, name, entry }: Case, more: Pick<RunPlan, "again" | "stopWhereAlike"> = {}): Promise<RunEnd> {
    const { clean, ping } = this.#factsOf(mode);
    // Nothing before depends on what is published.
    if (target !== undefined && sender === "action" && nth > clean.sentInPhases.action) return publishAgain(clean, mode, target);
    // Run commands are what is left where the ping has no answer, or was sent elsewhere.
    const mayRunCommands = (nth === ping && !ANY_ANSWER.includes(name)) || isOfCredential(entry);
    return runOnce({ scenario: this.#scenario, mode, mayRunCommands, ...(target === undefined ? { cancelAt: nth } : { target }), ...more });
  }

  async #find(mode: Mode, each: Case): Promise<CaseEnd> {
    const facts = this.#factsOf(mode);
    const { clean } = facts;
    const named = this.#nameOf(mode, each);
    const equivalent = facts.equivalentOf(each);
    if (equivalent?.name !== undefined) {
      const other = await this.of(mode, caseNamed(equivalent.name, each));
      return { end: other.end, argument: equivalent.argument, named: other.named ?? this.#nameOf(mode, { ...each, name: equivalent.name }) };
    }
    if (equivalent !== undefined) return { end: clean, argument: equivalent.argument, named: `${this.#scenario} ${mode}` };
    const { target, nth, sender } = each;
    if (target === undefined) return (await this.#cancelledAsPlan(mode, each)) ?? { end: await this.#cancel(mode, each) };
    if (sender === "kubectl") return { end: await this.run(mode, each) };
    if (nth > clean.sentInPhases.action) return publishedEnd(clean, named, each, () => this.run(mode, each));
    const isOfGitHub = each.entry.service === "github" && target.persistent;
    if (isOfGitHub) return { end: await this.run(mode, each) };
    return (await this.#fromSignIn(mode, each)) ?? (await this.#fromPlan(mode, each)) ?? this.#runUntilAlike(mode, each, named);
  }

  /**
   * Runs the action until it is cancelled, and once more. The second run is the one without a fault, where the first has changed nothing
   * and the world has no schedule of its own.
   */
  #cancel(mode: Mode, each: Case): Promise<RunEnd> {
    const facts = this.#factsOf(mode);
    return this.run(mode, each, each.nth < facts.clean.sentInPhases.action && facts.mayBeLate(each.nth, 0) ? { again: facts.clean } : {});
  }

  /** The end where the plan was cancelled at the same request, and then run again as without a fault. */
  async #cancelledAsPlan(mode: Mode, each: Case): Promise<CaseEnd | undefined> {
    const facts = this.#factsOf(mode);
    const { clean: plan } = this.#factsOf("plan");
    const isBeforePlan = each.nth < Math.min(plan.sentInPhases.action, facts.clean.sentInPhases.action);
    if (mode === "plan" || !isBeforePlan || !facts.mayBeLate(each.nth, 0) || !startAlike(plan, facts.clean, each.nth)) return undefined;
    const { cancelled } = (await this.of("plan", each)).end;
    return cancelled && { end: { ...facts.clean, cancelled }, argument: "cancelled before the plan", named: this.#nameOf("plan", each) };
  }

  /** The end where another run, of any scenario and mode, failed to sign in, or signed in all the same. */
  async #fromSignIn(mode: Mode, each: Case): Promise<CaseEnd | undefined> {
    const known = signIns.get(signInKey(mode, each));
    const { clean } = this.#factsOf(mode);
    if (known === undefined) return undefined;
    if (known.failed === undefined) {
      const isSame = this.#recovers(mode, each) && startAlike(known.clean, clean, known.alikeAfter);
      return isSame ? { end: clean, argument: "signed in all the same", named: known.named } : undefined;
    }
    if (!startAlike(known.clean, clean, each.nth)) return undefined;
    return { end: await publishAgain({ ...known.failed, ...this.#worldOf(mode) }, mode), argument: "failed to sign in", named: known.named };
  }

  /** Whether the rest of the run is the same, if this fault of its sign-in does not end it. */
  #recovers(mode: Mode, { nth, target, entry }: Case): boolean {
    const facts = this.#factsOf(mode);
    return isOfSignIn(entry) && target?.persistent === false && facts.showsTheRest(nth) && facts.mayBeLate(nth, LONGEST_SIGN_IN_MS);
  }

  /** The scenario and the world before a run, for one that did not touch it. */
  #worldOf(mode: Mode): Pick<RunEnd, "scenario" | "world" | "bodyBefore" | "featureBefore" | "operationsBefore"> {
    const { scenario, world, bodyBefore, featureBefore, operationsBefore } = this.#factsOf(mode).clean;
    const untouched = { ...world, cluster: { ...world.cluster, body: structuredClone(bodyBefore), operations: world.cluster.operations.slice(0, operationsBefore) }, feature: featureBefore };
    return { scenario, world: untouched, bodyBefore, featureBefore, operationsBefore };
  }

  /** The end where mode plan has it. */
  async #fromPlan(mode: Mode, each: Case): Promise<CaseEnd | undefined> {
    const { clean } = this.#factsOf(mode);
    const plan = this.#factsOf("plan").clean;
    const isCheck = mode === "check" && plan.sentInPhases.action === clean.sentInPhases.action && startAlike(plan, clean, clean.sentInPhases.action);
    if (!isCheck && !(mode === "apply" && startAlike(plan, clean, each.nth))) return undefined;
    if (each.nth > plan.sentInPhases.action) return undefined;
    const { end, named = this.#nameOf("plan", each) } = await this.of("plan", each);
    if (end === plan) return undefined;
    if (isCheck) return { end: await publishAgain(end, mode), argument: "plan and check", named };
    const hasFailedBefore = end.report.error !== undefined && !end.phases.some(({ title }) => title === "Plan");
    // Only modes that write wait for roles.
    const isRefused = end.requests.some(({ status }) => status === 403);
    if (isRefused) return undefined;
    if (hasFailedBefore) return { end: await publishAgain(end, mode), argument: "failed before the plan", named };
    const isAlike = plan.sentInPhases.action === clean.sentInPhases.action && startAlike(plan, clean, clean.sentInPhases.action);
    return isAlike && hasNothingToDo(end) ? { end: await publishAgain(end, mode), argument: "nothing to do", named } : undefined;
  }

  /** Runs a case, at most until it is known to go on as the run without a fault. */
  async #runUntilAlike(mode: Mode, each: Case, named: string): Promise<CaseEnd> {
    const { clean } = this.#factsOf(mode);
    const end = await this.run(mode, each, this.#recovers(mode, each) ? { stopWhereAlike: clean } : {});
    const { alikeAfter = 0 } = end;
    // Nothing was sent about the cluster.
    const hasFailed = end.report.error !== undefined && end.requests.slice(0, end.requests.length - end.published.requests).every(isOfSignIn);
    if (alikeAfter > 0 || hasFailed) signIns.set(signInKey(mode, each), { failed: alikeAfter > 0 ? undefined : end, alikeAfter, clean, named });
    return alikeAfter > 0 ? { end: clean, argument: "signed in all the same", named: `${this.#scenario} ${mode}` } : { end };
  }

  #factsOf(mode: Mode): CellFacts {
    const facts = this.#facts.get(mode);
    if (facts === undefined) throw new Error(`There is no run in mode ${mode}.`);
    return facts;
  }

  #nameOf(mode: Mode, { sender, nth, request, name }: Pick<Case, "sender" | "nth" | "request" | "name">): string {
    return `${this.#scenario} ${mode}, request ${nth} of ${sender} (${request}), ${name}`;
  }
}

/** Whether apply, too, finds no step, no obstacle, and no agent to wait for. */
function hasNothingToDo({ report }: RunEnd): boolean {
  const hasAgents = report.checks.some(({ id, result }) => id === "cni-daemonset-ready" && result === "pass");
  return hasAgents && report.error === undefined && report.plan.every(({ outcome }) => outcome === "unneeded");
}

/** Milliseconds: a sign-in with a fault that recovers takes less. The longest one waits ten minutes for a time to try again. */
const LONGEST_SIGN_IN_MS = 602_000;

/** Only a plan has read about the pull request that it comments on. */
function signInKey(mode: Mode, { nth, request, name }: Case): string {
  return `${String(mode === "plan")} ${nth} ${request} ${name}`;
}
