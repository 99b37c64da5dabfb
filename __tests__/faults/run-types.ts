/** What a run of the matrix is told, and how it ends. */
import type { RunState } from "../../src/actions/istio-cni/run-state.ts";
import type { Mode, Report } from "../../src/contract.ts";
import type { Issue, RequestLogEntry, ScenarioName, SimulatedRequest, Simulator, World } from "../../simulator/index.ts";
import type { Argument } from "./equivalences.ts";
import type { NamedFault } from "./fault-kinds.ts";

/** The input timeout-minutes. */
export const TIMEOUT_MINUTES = 30;

/** The sender of a request: the action itself, or kubectl in a run command. */
export type Sender = "action" | "kubectl";

/** The requests that a fault affects: the sender's n-th one, or, where persistent, all to its service from then on. */
export interface FaultTarget {
  /** From 1, in the order of arrival. */
  readonly nth: number;
  readonly sender: Sender;
  readonly persistent: boolean;
  readonly fault: NamedFault;
}

export interface RunPlan {
  readonly scenario: ScenarioName;
  readonly mode: Mode;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly target?: FaultTarget;
  /** The runner cancels the job at this request of the action itself, from 1. Then the action is run again in the same world. */
  readonly cancelAt?: number;
  /** Whether the action may fall back to run commands. */
  readonly mayRunCommands?: boolean;
  /** The run after the cancelled one, if it is known. It is used unless the cancelled run has changed something. */
  readonly again?: RunEnd;
  /** A run without a fault: the run ends once it has signed in, or observed, with the same requests, except for those with the fault. */
  readonly stopWhereAlike?: RunEnd;
  readonly tweak?: (world: World) => void;
  /** Called with each request before it is answered; may change the world. */
  readonly onRequest?: (nth: number, simulator: Simulator, now: number) => void;
}

export interface RunEnd {
  readonly report: Report;
  readonly state: RunState;
  /** All requests in the order of arrival. */
  readonly requests: readonly RequestLogEntry[];
  readonly world: World;
  /** The requests with a fault, in the order of arrival. */
  readonly affected: readonly AffectedRequest[];
  /** The cluster's body before the run. */
  readonly bodyBefore: World["cluster"]["body"];
  readonly featureBefore: World["feature"];
  readonly operationsBefore: number;
  readonly startedAt: number;
  /** When the phases were over; results were published afterwards. */
  readonly endedAt: number;
  readonly published: Published;
  /** The numbers of requests until then. */
  readonly sentInPhases: Readonly<Record<Sender, number>>;
  /** The phases that began, with the number of requests before each. */
  readonly phases: readonly Phase[];
  /** Where the run was ended by its `stopWhereAlike`: the number of requests of the run without a fault until then. */
  readonly alikeAfter: number | undefined;
  readonly mode: Mode;
  readonly scenario: ScenarioName;
  /** GitHub's issues, pull requests included, before the run. */
  readonly issuesAtStart: readonly Issue[];
  readonly log: readonly string[];
  /** The cancelled run, where one was cancelled; the other properties describe the run after it. */
  readonly cancelled?: { readonly report: Report; readonly tookMs: number; readonly changed: boolean; readonly hadResult: boolean };
}

/** Which request had a fault. */
export type AffectedRequest = Pick<SimulatedRequest, "service" | "method" | "path" | "at">;

export interface Phase {
  readonly title: string;
  readonly requests: number;
}

/** How the results were published. */
export interface Published {
  readonly exitCode: 0 | 1;
  readonly tookMs: number;
  /** The number of requests to GitHub's API. */
  readonly requests: number;
  /** Workflow commands. */
  readonly annotations: readonly string[];
  readonly log: readonly string[];
}

/** The end of a case. */
export interface CaseEnd {
  readonly end: RunEnd;
  /** Why no run was needed; undefined where the case was run. */
  readonly argument?: Argument;
  /** The run whose end it is. */
  readonly named?: string;
}

/** The sender of a request, by its user agent, which starts with kubectl for variants of kubectl as well. */
export function senderOf({ headers }: Pick<SimulatedRequest, "headers">): Sender {
  return /^kubectl/.test(headers["user-agent"] ?? "") ? "kubectl" : "action";
}
