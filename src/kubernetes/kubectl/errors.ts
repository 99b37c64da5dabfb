/**
 * Reconstructs the API server's response from what kubectl prints on stderr. Source: `StandardErrorMessage` and `checkErr` in kubectl's
 * `pkg/cmd/util/helpers.go`, and the output of kubectl 1.32 against a test server (`__tests__/kubernetes/kubectl/errors.test.ts`).
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

/** Messages of kubectl if there was no response, and the socket error codes that the error table has for them. */
const NO_RESPONSE: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/no such host|server misbehaving/, "ENOTFOUND"],
  [/x509:|certificate signed by unknown authority|tls: failed to verify/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  [/connection refused|was refused/, "ECONNREFUSED"],
  [/i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake timeout|request canceled/, "RequestTimeout"],
  [/no route to host|network is unreachable/, "EHOSTUNREACH"],
  [/connection reset|broken pipe|\bEOF\b|\bhttp2: |\bstream error\b|client connection lost/, "ECONNRESET"],
];

/** The request for which kubectl was called. */
export interface KubectlRequest {
  readonly doing: string;
  /** Empty for a request that is not about a resource, such as `/version`. */
  readonly path: string;
  readonly needs: Right | undefined;
}

const WARNING = "Warning: ";
/** The start of a line of client-go's log. */
const CLIENT_LOG = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ /;

/** The API server's warnings, which kubectl prints one per line. */
export function warningsIn(stderr: string): readonly string[] {
  return lines(stderr).flatMap((line) => (line.startsWith(WARNING) ? [line.slice(WARNING.length)] : []));
}

/** The failure that kubectl reports; without a status if the API server did not respond. */
export function readKubectlFailure(stderr: string, exitCode: number, request: KubectlRequest): Failure {
  const { doing, needs } = request;
  const output = lines(stderr)
    .filter((line) => !line.startsWith(WARNING) && !CLIENT_LOG.test(line))
    .join("\n")
    .trim();
  const basis = { service: "Kubernetes", doing, needs } as const;
  const refusal = (reason: string, message: string): Failure => ({ ...basis, status: STATUSES.get(reason) ?? defaultStatus(message), code: reason, message });

  const standard = /^Error from server \(([^)\n]*)\): ([\s\S]*)$/.exec(output);
  if (standard !== null) return refusal(standard[1] ?? "", standard[2] ?? "");
  const login = /^error: You must be logged in to the server \(([\s\S]*)\)$/.exec(output);
  if (login !== null) return refusal("Unauthorized", login[1] ?? "");
  const invalid = readInvalid(output, request);
  if (invalid !== undefined) return refusal("Invalid", invalid);
  const withoutReason = /^Error from server: ([\s\S]*)$/.exec(output)?.[1];
  if (withoutReason !== undefined) {
    const status = defaultStatus(withoutReason);
    return { ...basis, status, code: `HTTP${status}`, message: withoutReason };
  }
  if (/^(?:Unable to connect|The connection to the server)|\bdial tcp\b|\bEOF$|connection reset|broken pipe|\bhttp2: |\bstream error\b|client connection lost/m.test(output)) {
    const code = NO_RESPONSE.find(([pattern]) => pattern.test(output))?.[1] ?? "REQUEST_SEND_ERROR";
    return { ...basis, code, message: output };
  }
  return { ...basis, code: "KubectlFailed", message: output === "" ? `kubectl ended with exit code ${exitCode} and no output.` : output };
}

/** kubectl does not print the status. Only admission webhooks send no reason, or one that Kubernetes does not define. */
function defaultStatus(message: string): number {
  return message.startsWith("admission webhook") ? 403 : 500;
}

/** kubectl rewrites the message of an Invalid. This restores the API server's message. */
function readInvalid(output: string, request: KubectlRequest): string | undefined {
  const withoutName = /^The request is invalid(?:: ([\s\S]*))?$/.exec(output);
  if (withoutName !== null) return withoutName[1] ?? "";
  const named = /^The (\S*) "([^"\n]*)" is invalid(?:: ?([\s\S]*))?$/.exec(output);
  if (named === null) return undefined;
  const [, kind = "", name = "", causes = ""] = named;
  const subject = name === "" ? kind : `${kind} "${name}"`;
  // A cause without a field comes from a policy. The API server words it as a refusal, with the resource in place of the kind.
  const policy = /^: ([\s\S]*)$/.exec(causes.trimStart())?.[1];
  if (policy !== undefined) return `${subject.replace(kind, () => qualified(kind, request))} is forbidden: ${policy}`;
  const several = causes.split("\n").flatMap((line) => (line.startsWith("* ") ? [line.slice(2)] : []));
  return `${subject} is invalid: ${several.length > 0 ? `[${several.join(", ")}]` : causes}`;
}

/** A resource with its group, as the API server writes it: `deployments.apps`. */
function qualified(kind: string, { path, doing }: KubectlRequest): string {
  if (path === "") return kind;
  const { group, resource } = parsePath(path, doing);
  return resource === kind && group !== "" ? `${kind}.${group}` : kind;
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/);
}
