/**
 * Which cases of the matrix need no run of their own, because another run is known to end the same. `docs/fault-matrix.md` has the
 * arguments at length; `equivalences.test.ts` proves those about the HTTP layer, and `--no-pruning` compares a sample with real runs.
 */
import { isDeepStrictEqual } from "node:util";
import type { RequestLogEntry } from "../../simulator/index.ts";
import type { Case } from "./cases.ts";
import { isWrite } from "./evaluate-run.ts";
import { type RunEnd, senderOf, TIMEOUT_MINUTES } from "./run-types.ts";
import { isStaticFor } from "./static-world.ts";

/** The arguments, by name. */
export const ARGUMENTS = {
  "answered at once": "a query of Kubernetes gets the service's answer, at the same time: the HTTP layer does not look at the content type",
  "answered with a new token": "a read that is refused with 401 is sent again with a new token, and gets the service's answer at the same time",
  "kind is not read": "the invalid byte is in the kind of an object of Kubernetes, at which nobody looks",
  "beside the run": "the activity log is read beside everything else, for ten seconds at most, and decides nothing",
  "answer after a pause": "a read with this fault is sent again, and gets the service's answer after the same pause as with the fault of the named run",
  "nothing changes meanwhile": "a read with this fault is sent again and gets the service's answer; the run has changed nothing until then, and the world has no schedule of its own, so the rest is that of the run without a fault, later",
  "refused in other words": "the query of Kubernetes fails, and only the words of the reason differ from the named run's",
  "not Azure's answer": "the HTTP layer makes the same error NotAzure of it; only its words differ from the named run's",
  "unanswered in other words": "each request to Kubernetes is sent again as often and at the same times, and fails in the end; only the words of the reason differ",
  "refused from then on": "each query of Kubernetes fails from then on, sooner or later; the run has changed nothing until then, and the world has no schedule of its own",
  "any answer": "the ping asks whether the API server answers, and does not look at what it answers; it is repeated where the connection broke",
  "no answer": "the ping has no answer that ends, sooner or later; then the run uses run commands, and the world has no schedule of its own",
  "no pause is asked for": "a time to try again that is over asks for no pause, as no such header does",
  "signed in all the same": "a request of the sign-in had the fault and was sent again; since then the run has sent the requests of the run without a fault, and the world has not changed meanwhile",
  "failed to sign in": "the run has failed before it sent anything about its cluster, after the same requests and answers as the named run",
  "plan and check": "until it publishes, a check sends and receives what a plan does; the results are published again in mode check",
  "failed before the plan": "the run has failed before the plan was made, after the same requests and answers as the plan's run; until there, apply is plan",
  "cancelled before the plan": "the run was cancelled before the plan was made, after the same requests and answers as the plan's run",
  "nothing to do": "apply observes what a plan observes, and finds no step to carry out",
  "published in other words": "the results go to GitHub by the same requests, with the same answers, as those of another run of the same mode and status",
} as const;
export type Argument = keyof typeof ARGUMENTS;

/** Another end that is known to be the same: that of the run without a fault, or of another fault at the same request. */
interface Equivalent {
  readonly argument: Argument;
  /** The row of the other fault; undefined for the run without a fault. */
  readonly name: string | undefined;
}

/** Faults after which a read of Kubernetes gets the service's answer without a pause. The SDK, which reads Resource Manager, looks at the content type. */
export const AT_ONCE = ["wrong content type"];
/** Faults after which a read is sent again after a second. */
export const AFTER_A_SECOND = ["503", "429", "429 Retry-After in the past", "500", "502", "504", "reset before", "HTML 502", "reset after effect", "cut in the body", "gzip cut in the middle", "504 after effect"];
/** Faults of the group above after which the service has handled the request. */
const HANDLED = ["reset after effect", "cut in the body", "gzip cut in the middle", "504 after effect"];
/** Faults of that group that an API server has while it starts: for a while, a refusal after one of them is asked again. */
const STARTING = ["503", "reset before", "reset after effect", "cut in the body", "gzip cut in the middle"];
/** The same, after seven seconds. */
export const AFTER_SEVEN_SECONDS = ["429 Retry-After", "429 Retry-After by a clock ahead"];
/** A time to try again in days counts as ten minutes. */
export const AFTER_TEN_MINUTES = ["429 Retry-After in days"];
/** Faults that only a time limit ends. */
export const WITHOUT_END = ["hang", "head, then nothing"];
/** Longer than a request waits for its answer, in milliseconds. */
const LONGEST_WAIT_MS = 102_000;
/** Longer than the pauses of these groups, in milliseconds. */
const PAUSES = [
  { names: AFTER_A_SECOND, withinMs: 2000 },
  { names: AFTER_SEVEN_SECONDS, withinMs: 8000 },
  { names: WITHOUT_END, withinMs: LONGEST_WAIT_MS },
  { names: AFTER_TEN_MINUTES, withinMs: 602_000 },
] as const;
/** Answers that are no objects of Kubernetes, and are not asked for again. */
export const REFUSED = ["412", "40 MB", "412 unwrapped", "409 OperationNotAllowed", "409 EtagMismatch", "HTML", "redirect", "redirect to the same host", "empty 200", "bare 200", "truncated JSON"];

const KEEP_STATUS = ["40 MB", "truncated JSON", "JSON null"];

/** Faults after which the ping has an answer, whatever it says. */
export const ANY_ANSWER = [...REFUSED.filter((name) => name !== "40 MB"), "JSON null", "invalid UTF-8", "wrong content type", "401", "401 twice", "429", "429 Retry-After", "429 Retry-After in the past", "429 Retry-After in days", "429 Retry-After by a clock ahead", "500", "502", "503", "504", "504 after effect", "HTML 502"];

/** Answers that are not those of Resource Manager. An empty one is none of them: where the SDK reads it, it may be an answer. */
export const NOT_AZURE = ["HTML", "redirect", "redirect to the same host", "truncated JSON"];
/** Faults after which nothing of Kubernetes has an answer. */
const UNANSWERED = ["reset before, from then on", "cut in the body, from then on"];
const UNANSWERED_AS = "503, from then on";
/** Faults that break the connection of a ping, and faults after which it has no answer that ends. */
export const BROKEN = ["reset before", "reset after effect", "cut in the body", "gzip cut in the middle"];
export const UNREACHABLE = ["hang", "head, then nothing", "40 MB"];
const REFUSED_FROM_THEN_ON = ["429, from then on", "409 OperationNotAllowed, from then on"];
/** The longest run, in milliseconds. */
const LONGEST_MS = TIMEOUT_MINUTES * 60_000;
const BESIDE_AS = "412";

/** What is known about the cell of a case. */
export class CellFacts {
  /** The run without a fault. */
  readonly clean: RunEnd;
  /** The number of the request that finds out whether the API server can be reached; infinite without one. */
  readonly ping: number;
  /** The number of the first request about the cluster. */
  readonly #firstOfCluster: number;
  readonly #plan: RunEnd;
  /** Whether Kubernetes refuses something: then it matters whether it may just be starting. */
  readonly #refuses: boolean;
  /** The number of the first request that changes something. */
  readonly #firstWrite: number;
  readonly #static = new Map<number, boolean>();

  /** @param plan the run in mode plan, which changes nothing */
  constructor(clean: RunEnd, plan: RunEnd) {
    this.clean = clean;
    this.#plan = plan;
    this.#refuses = clean.requests.some(({ service, status }) => service === "kubernetes" && status === 403);
    const sent = clean.requests.filter((entry) => senderOf(entry) === "action");
    const numberOf = (index: number): number => (index < 0 ? Number.POSITIVE_INFINITY : index + 1);
    this.#firstWrite = numberOf(sent.findIndex(isWrite));
    this.#firstOfCluster = numberOf(sent.findIndex((entry) => !isOfSignIn(entry)));
    this.ping = numberOf(sent.findIndex(isPing));
  }

  /** The case whose end is that of this one, as far as the HTTP layer decides it; undefined if there is none. */
  equivalentOf({ name, nth, entry, sender, target }: Case): Equivalent | undefined {
    if (sender === "kubectl") return undefined;
    const isOfSender = entry.service === "arm" || entry.service === "kubernetes";
    if (isOfSender && name === "429 Retry-After in the past, from then on") return { argument: "no pause is asked for", name: "429, from then on" };
    if (isPing(entry)) return this.#equivalentOfPing(nth, name);
    if (isOfActivityLog(entry) && target?.persistent === false && name !== BESIDE_AS) return { argument: "beside the run", name: BESIDE_AS };
    if (!isRepeatedRead(entry)) return undefined;
    if (name === "401" && /^bearer /i.test(entry.headers["authorization"] ?? "")) return { argument: "answered with a new token", name: undefined };
    if (entry.service === "kubernetes" && entry.status < 300 && name === "invalid UTF-8") return { argument: "kind is not read", name: undefined };
    if (entry.service === "kubernetes" && AT_ONCE.includes(name)) return { argument: "answered at once", name: undefined };
    // A probe that is answered with 503 failed, and one without an answer was not made.
    if (entry.service === "kubernetes" && UNANSWERED.includes(name)) {
      const other = entry.method === "GET" ? UNANSWERED_AS : entry.status < 300 ? UNANSWERED[0] : name;
      if (other !== name) return { argument: "unanswered in other words", name: other };
    }
    if (entry.service === "kubernetes" && REFUSED_FROM_THEN_ON.includes(name) && this.mayBeLate(nth, LONGEST_MS)) return { argument: "refused from then on", name: UNANSWERED_AS };
    const group = PAUSES.find(({ names }) => (names as readonly string[]).includes(name));
    if (group !== undefined) {
      if (this.mayBeLate(nth, group.withinMs)) return { argument: "nothing changes meanwhile", name: undefined };
      const first = group.names.find((other) => this.#isAlike(name, other));
      return first === undefined || first === name ? undefined : { argument: "answer after a pause", name: first };
    }
    if (entry.service === "arm" && NOT_AZURE.includes(name) && name !== NOT_AZURE[0]) return { argument: "not Azure's answer", name: NOT_AZURE[0] };
    // These keep the status of the service's answer, such as that of an object that does not exist.
    const hasOwnStatus = entry.status !== 200 && KEEP_STATUS.includes(name);
    const isRefusal = REFUSED.includes(name) || (name === "JSON null" && entry.method === "GET") || (name === "401 twice" && this.#isAloneAt(entry));
    if (entry.service === "kubernetes" && isRefusal && name !== REFUSED[0] && !hasOwnStatus) return { argument: "refused in other words", name: REFUSED[0] };
    return undefined;
  }

  /** The same for the ping, which is not repeated as a read is. */
  #equivalentOfPing(nth: number, name: string): Equivalent | undefined {
    const mayWait = this.mayBeLate(nth, LONGEST_WAIT_MS);
    if (ANY_ANSWER.includes(name) && !(name === "503" && this.#refuses)) return { argument: "any answer", name: undefined };
    // It is repeated where the connection broke, and then answered.
    if (BROKEN.includes(name) && mayWait) return { argument: "any answer", name: undefined };
    if (UNREACHABLE.includes(name) && name !== UNREACHABLE[0] && mayWait) return { argument: "no answer", name: UNREACHABLE[0] };
    if (REFUSED_FROM_THEN_ON.includes(name) && this.mayBeLate(nth, LONGEST_MS)) return { argument: "refused from then on", name: UNANSWERED_AS };
    return UNANSWERED.includes(name) && name !== UNANSWERED[0] ? { argument: "unanswered in other words", name: UNANSWERED[0] } : undefined;
  }

  /** Whether requests show how a run goes on after its n-th one: a ping of an API server that cannot be reached is not among them. */
  showsTheRest(nth: number): boolean {
    return nth < this.#firstOfCluster || Number.isFinite(this.ping);
  }

  /** Whether two faults of a group leave the client and the world in the same state. */
  #isAlike(one: string, other: string): boolean {
    // An operation of the scenario `busy` starts when the cluster is read.
    const isHandled = (name: string): boolean => this.clean.scenario === "busy" && (HANDLED.includes(name) || name === "head, then nothing");
    const isStarting = (name: string): boolean => this.#refuses && STARTING.includes(name);
    return isHandled(one) === isHandled(other) && isStarting(one) === isStarting(other);
  }

  /**
   * Whether the run goes on the same if the answer to its n-th request is so late, in milliseconds: the run has changed nothing until
   * then, and the world has no schedule of its own for as long as the whole run takes, the delay included.
   */
  mayBeLate(nth: number, ms: number): boolean {
    if (nth >= this.#firstWrite) return false;
    const known = this.#static.get(ms) ?? isStaticFor(this.clean.endedAt - this.clean.startedAt + ms, this.#plan);
    this.#static.set(ms, known);
    return known;
  }

  /** Whether the run without a fault sends no other request like this one at the same time: a fault of two requests would affect both. */
  #isAloneAt({ at, service, method, path }: RequestLogEntry): boolean {
    return this.clean.requests.filter((other) => other.at === at && other.service === service && other.method === method && other.path === path).length === 1;
  }
}

/** Whether a request finds out whether the API server can be reached. */
function isPing({ service, path }: RequestLogEntry): boolean {
  return service === "kubernetes" && path === "/version";
}

/** Whether the action's HTTP layer repeats a request after a fault, as often as it takes. It does not for the ping and for the activity log. */
function isRepeatedRead({ service, method, path, query }: RequestLogEntry): boolean {
  if (service === "kubernetes") return (method === "GET" && path !== "/version") || query["dryRun"] === "All";
  return service === "arm" && (method === "GET" || isOfCredential({ path })) && !isOfActivityLog({ path });
}

/** Whether a request reads who wrote the cluster last. */
export function isOfActivityLog({ path }: Pick<RequestLogEntry, "path">): boolean {
  return /Microsoft\.Insights/i.test(path);
}

/** Whether a request fetches the kubeconfig, which has the address of the API server. */
export function isOfCredential({ path }: Pick<RequestLogEntry, "path">): boolean {
  return /\/listClusterUserCredential$/i.test(path);
}

/** Whether a request belongs to a sign-in, which does not depend on the cluster. */
export function isOfSignIn({ service, path }: Pick<RequestLogEntry, "service" | "path">): boolean {
  return service === "entra" || path === "/oidc/token" || path === "/metadata/endpoints";
}

/** Whether two runs without a fault send the same requests and get the same answers at the same times, the first so many of them. */
export function startAlike(one: RunEnd, other: RunEnd, requests: number): boolean {
  const firstOf = ({ requests: all, startedAt }: RunEnd): readonly unknown[] =>
    all.filter((entry) => senderOf(entry) === "action").slice(0, requests).map(({ at, service, method, path, query, body, status }) => [at - startedAt, service, method, withoutIds(path), withoutIds(JSON.stringify([query, body])), status]);
  return isDeepStrictEqual(firstOf(one), firstOf(other));
}

/** A text without the identifiers that differ between runs. */
export function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "*");
}
