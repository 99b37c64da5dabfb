/** The errors that a run reports. Each says what the run was doing, what came back, and what to do. */
import { withoutSecrets } from "./redaction.ts";

/** The right that a request needs, so that the remedy for a refusal can name it. */
export interface Right {
  /** Azure action, such as `Microsoft.ContainerService/managedClusters/write`, or a Kubernetes verb and resource. */
  readonly action: string;
  /** The scope on which it must be granted: `the cluster`, `the subscription`. */
  readonly scope: string;
  /** The built-in role with the fewest other rights that includes it. */
  readonly role: string;
}

/** The service that a request was sent to. */
export type Service = "Resource Manager" | "Microsoft Entra" | "GitHub OIDC" | "Azure CLI" | "Kubernetes" | "managed identity";

/** A code and a message of a service. Either may be empty. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** A request that failed, and what came back. The remedy comes from the error table. */
export interface Failure {
  readonly service: Service;
  /** What the run was doing, as a gerund phrase: `reading the cluster demo`. */
  readonly doing: string;
  /** HTTP status; undefined if there was no response. */
  readonly status?: number | undefined;
  /** The service's own error code, a socket error code such as `ENOTFOUND`, or an AADSTS number. */
  readonly code: string;
  readonly message: string;
  readonly correlationId?: string | undefined;
  readonly needs?: Right | undefined;
  /** Codes and messages inside the error (`details`, `innererror`), which often hold the reason. The message repeats them. */
  readonly reasons?: readonly Reason[] | undefined;
  /** Of a list whose pages have expired (Kubernetes, status 410): the token with which it goes on, from a later state of the cluster. */
  readonly continueToken?: string | undefined;
}

/** An error that is reported as a message with a remedy. Any other error is reported as a bug. */
export class ActionError extends Error {
  override readonly name: string = "ActionError";
  readonly code: string;
  readonly doing: string;
  readonly remedy: string;
  readonly correlationId: string | undefined;

  constructor(what: {
    readonly code: string;
    readonly doing: string;
    readonly message: string;
    readonly remedy: string;
    readonly correlationId?: string | undefined;
    readonly cause?: unknown;
  }) {
    super(what.message, { cause: what.cause });
    this.code = what.code;
    this.doing = what.doing;
    this.remedy = what.remedy;
    this.correlationId = what.correlationId;
  }
}

/** Inputs with invalid values. Lists all problems, and each names its input. */
export class InputError extends ActionError {
  override readonly name = "InputError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super({
      code: "InvalidInput",
      doing: "reading the inputs",
      message: problems.join(" "),
      remedy: "Correct the inputs named above. The README lists the values of each input.",
    });
    this.problems = problems;
  }
}

/** A service refused a request, failed, or did not respond. */
export class ServiceError extends ActionError {
  override readonly name = "ServiceError";
  readonly failure: Failure;

  constructor(failure: Failure, remedy: string, cause?: unknown) {
    super({
      code: failure.code,
      doing: failure.doing,
      message: describeFailure(failure),
      remedy,
      correlationId: failure.correlationId,
      cause,
    });
    this.failure = failure;
  }

  /** HTTP status; undefined if there was no response. */
  get status(): number | undefined {
    return this.failure.status;
  }
}

/** The runner cancelled the run with a signal. */
export class CancelledError extends ActionError {
  override readonly name = "CancelledError";

  constructor(signal: string) {
    super({
      code: "Cancelled",
      doing: "running",
      message: `the run was cancelled (${signal}).`,
      remedy: "Azure continues the operations that it has accepted. Run the action again to continue from there.",
    });
  }
}

/** `timeout-minutes` has passed, or the limit of a wait. */
export class DeadlineError extends ActionError {
  override readonly name = "DeadlineError";
}

/** One sentence: the service, its status, code and message. */
export function describeFailure(failure: Failure): string {
  const { service, status } = failure;
  const code = withoutSecrets(failure.code);
  const message = withoutSecrets(failure.message);
  const source = status === undefined ? service : `${service} answered ${status}`;
  return `${source}: ${code}${message === "" ? "" : `: ${message}`}`;
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of Node.js, such as `ENOENT`; empty if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The error that ended a run, as the report has it. */
export interface Explanation {
  readonly code: string;
  readonly doing: string;
  readonly message: string;
  readonly remedy: string;
  readonly correlationId?: string;
}

/** Explains a thrown value. Any value but an {@link ActionError} is a bug in the action. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ActionError)) {
    return {
      code: "UnexpectedError",
      doing: "running",
      message: messageOf(error),
      remedy: "This is a bug in the action. Report it with the log of a run with debug logging enabled.",
    };
  }
  return {
    code: error.code,
    doing: error.doing,
    message: error.message,
    remedy: error.remedy,
    ...(error.correlationId === undefined ? {} : { correlationId: error.correlationId }),
  };
}
