/**
 * Everything that ends a run on purpose. A failure says what was being done, what came back, and what to do about it.
 */
import { withoutSecrets } from "./redaction.ts";

/** A right that a request needs, so that a refusal can name it. */
export interface Right {
  /** Azure action, such as `Microsoft.ContainerService/managedClusters/write`, or a Kubernetes verb and resource. */
  readonly action: string;
  /** Where it must be granted, in words: `the cluster`, `the subscription`. */
  readonly scope: string;
  /** The built-in role that holds it and little else. */
  readonly role: string;
}

/** Who answered, or failed to. */
export type Service = "Resource Manager" | "Microsoft Entra" | "GitHub OIDC" | "Azure CLI" | "Kubernetes" | "managed identity";

/** What came back from a service, before anyone knows what to do about it. */
export interface Failure {
  readonly service: Service;
  /** What was being done, as a gerund phrase: `reading the cluster demo`. */
  readonly doing: string;
  /** HTTP status; undefined where no answer came. */
  readonly status?: number | undefined;
  /** The service's own error code, a socket error code such as `ENOTFOUND`, or an AADSTS number. */
  readonly code: string;
  readonly message: string;
  readonly correlationId?: string | undefined;
  readonly needs?: Right | undefined;
}

/** A run that ends with a sentence rather than a stack trace. */
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

/** The caller's mistake: inputs that cannot be used. Every problem at once, each naming its input. */
export class InputError extends ActionError {
  override readonly name = "InputError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super({
      code: "InvalidInput",
      doing: "reading the inputs",
      message: problems.join(" "),
      remedy: "Correct the inputs named above; the README lists what each one takes.",
    });
    this.problems = problems;
  }
}

/** A service that refused, failed, or did not answer. */
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

  /** HTTP status; undefined where no answer came. */
  get status(): number | undefined {
    return this.failure.status;
  }
}

/** The run was cancelled by a signal from the runner. */
export class CancelledError extends ActionError {
  override readonly name = "CancelledError";

  constructor(signal: string) {
    super({
      code: "Cancelled",
      doing: "running",
      message: `the run was cancelled (${signal}).`,
      remedy: "What Azure has accepted goes on without this run; run the action again and it picks up from there.",
    });
  }
}

/** `timeout-minutes` ran out, or a bounded wait did. */
export class DeadlineError extends ActionError {
  override readonly name = "DeadlineError";
}

/** One sentence: who answered what. */
export function describeFailure(failure: Failure): string {
  const { service, status } = failure;
  const code = withoutSecrets(failure.code);
  const message = withoutSecrets(failure.message);
  const who = status === undefined ? service : `${service} answered ${status}`;
  return `${who}: ${code}${message === "" ? "" : `: ${message}`}`;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What ended a run, in the words of the report. */
export interface Explanation {
  readonly code: string;
  readonly doing: string;
  readonly message: string;
  readonly remedy: string;
  readonly correlationId?: string;
}

/** Whatever was thrown, explained. Anything but an {@link ActionError} is a bug, and says so. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ActionError)) {
    return {
      code: "UnexpectedError",
      doing: "running",
      message: messageOf(error),
      remedy: "This is a bug in the action: please report it with the log of a run with debug logging switched on.",
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
