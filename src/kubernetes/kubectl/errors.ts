/**
 * What kubectl prints on stderr, back into what the API server said. Source: `StandardErrorMessage` and `checkErr` in
 * kubectl's `pkg/cmd/util/helpers.go`, and kubectl 1.32 against a server of our own (`__tests__/kubernetes/kubectl-words.test.ts`).
 */
import type { Failure, Right } from "../../lib/errors.ts";
import { parsePath } from "../resource-path.ts";

/** Status reasons and their HTTP statuses. Source: `metav1.StatusReason`. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ["BadRequest", 400],
  ["Unauthorized", 401],
  ["Forbidden", 403],
  ["NotFound", 404],
  ["MethodNotAllowed", 405],
  ["NotAcceptable", 406],
  ["AlreadyExists", 409],
  ["Conflict", 409],
  ["Expired", 410],
  ["Gone", 410],
  ["RequestEntityTooLarge", 413],
  ["UnsupportedMediaType", 415],
  ["Invalid", 422],
  ["TooManyRequests", 429],
  ["InternalError", 500],
  ["ServerTimeout", 500],
  ["ServiceUnavailable", 503],
  ["Timeout", 504],
]);

/** No answer came, and why, as socket error codes that the table of errors knows. */
const UNREACHABLE: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/no such host|server misbehaving/, "ENOTFOUND"],
  [/x509:|certificate signed by unknown authority|tls: failed to verify/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/connection refused|was refused/, "ECONNREFUSED"],
  [/i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout|request canceled/, "RequestTimeout"],
  [/no route to host|network is unreachable/, "EHOSTUNREACH"],
  [/connection reset|broken pipe|\bEOF\b/, "ECONNRESET"],
];

/** What was being done when kubectl failed. */
export interface KubectlRequest {
  readonly doing: string;
  readonly path: string;
  readonly needs: Right | undefined;
}

const WARNING = "Warning: ";
/** Lines of client-go's own log. */
const CLIENT_LOG = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ /;

/** The API server's warnings, which kubectl passes on line by line. */
export function warningsIn(stderr: string): readonly string[] {
  return lines(stderr).flatMap((line) => (line.startsWith(WARNING) ? [line.slice(WARNING.length)] : []));
}

/** What the API server answered, by what kubectl says of it; without a status where it did not answer. */
export function readKubectlFailure(stderr: string, exitCode: number, progress: KubectlRequest): Failure {
  const { doing, needs } = progress;
  const said = lines(stderr)
    .filter((line) => !line.startsWith(WARNING) && !CLIENT_LOG.test(line))
    .join("\n")
    .trim();
  const basis = { service: "Kubernetes", doing, needs } as const;
  const answered = (reason: string, message: string): Failure => ({ ...basis, status: STATUSES.get(reason) ?? defaultStatus(message), code: reason, message });

  const standard = /^Error from server \(([^)\n]*)\): ([\s\S]*)$/.exec(said);
  if (standard !== null) return answered(standard[1] ?? "", standard[2] ?? "");
  const login = /^error: You must be logged in to the server \(([\s\S]*)\)$/.exec(said);
  if (login !== null) return answered("Unauthorized", login[1] ?? "");
  const invalid = readInvalid(said, progress);
  if (invalid !== undefined) return answered("Invalid", invalid);
  const nameless = /^Error from server: ([\s\S]*)$/.exec(said)?.[1];
  if (nameless !== undefined) {
    const status = defaultStatus(nameless);
    return { ...basis, status, code: `HTTP${status}`, message: nameless };
  }
  if (/^(?:Unable to connect|The connection to the server)|\bdial tcp\b|: EOF$/m.test(said)) {
    const code = UNREACHABLE.find(([pattern]) => pattern.test(said))?.[1] ?? "REQUEST_SEND_ERROR";
    return { ...basis, code, message: said };
  }
  return { ...basis, code: "KubectlFailed", message: said === "" ? `kubectl ended with exit code ${exitCode} and said nothing.` : said };
}

/** kubectl shows no status. A reason that Kubernetes does not know, or none, is the choice of somebody's webhook. */
function defaultStatus(message: string): number {
  return message.startsWith("admission webhook") ? 403 : 500;
}

/** kubectl words an Invalid anew; this puts the server's own message together again. */
function readInvalid(said: string, progress: KubectlRequest): string | undefined {
  const plain = /^The request is invalid(?:: ([\s\S]*))?$/.exec(said);
  if (plain !== null) return plain[1] ?? "";
  const named = /^The (\S*) "([^"\n]*)" is invalid(?:: ?([\s\S]*))?$/.exec(said);
  if (named === null) return undefined;
  const [, kind = "", name = "", causes = ""] = named;
  const subject = name === "" ? kind : `${kind} "${name}"`;
  // A cause without a field is a policy's: it is wrapped as a refusal, by resource rather than kind.
  const policy = /^: ([\s\S]*)$/.exec(causes.trimStart())?.[1];
  if (policy !== undefined) return `${subject.replace(kind, () => qualified(kind, progress))} is forbidden: ${policy}`;
  const several = causes.split("\n").flatMap((line) => (line.startsWith("* ") ? [line.slice(2)] : []));
  return `${subject} is invalid: ${several.length > 0 ? `[${several.join(", ")}]` : causes}`;
}

/** `deployments` as the server names it: `deployments.apps`. */
function qualified(kind: string, { path, doing }: KubectlRequest): string {
  const { group, resource } = parsePath(path, doing);
  return resource === kind && group !== "" ? `${kind}.${group}` : kind;
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/);
}
