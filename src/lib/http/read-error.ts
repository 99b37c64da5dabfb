/** Reads code, message and inner reasons of an error response. */
import type { Failure, Reason } from "../errors.ts";
import { arrayAt, at, isRecord, parseJson, textAt } from "../json.ts";

/** How deep reasons are looked for, and how many of them a message repeats. */
const MAX_DEPTH = 6;
const MAX_REASONS = 5;
/** Characters of a reason. */
const MAX_REASON = 1000;

/**
 * Code and message of an error body. Resource Manager wraps them in `error`, the resource provider does not, and Kubernetes sends
 * a `Status`. Any other body, such as a gateway's HTML page, has only its status.
 */
export function readError(status: number, text: string): Pick<Failure, "code" | "message" | "reasons" | "continueToken"> {
  const body = parseJson(text);
  const inner = at(body, "error");
  const error = typeof at(inner, "code") === "string" ? inner : body;
  const continueToken = textAt(error, "metadata", "continue");
  return {
    code: textAt(error, "code") || textAt(error, "reason") || `HTTP${status}`,
    ...withReasons(error),
    ...(continueToken === "" ? {} : { continueToken }),
  };
}

/** The message of an error object with the reasons inside it, which it often does not repeat: "The request is invalid." */
export function withReasons(error: unknown): Pick<Failure, "message" | "reasons"> {
  const message = textAt(error, "message");
  const reasons: Reason[] = [];
  // The `details` of a Kubernetes Status are an object of another shape, with causes that its message repeats.
  if (textAt(error, "kind") !== "Status") collectReasons(error, 0, reasons);
  const news = reasons.filter((reason) => !message.includes(reason.message) || reason.message === "").filter(({ code, message: own }) => own !== "" || !message.includes(code));
  const added = news.map(({ code, message: own }) => (code === "" ? own : own === "" ? code : `${code}: ${own}`));
  return {
    message: [message, ...added].filter((part) => part !== "").join(" | "),
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}

/** Collects what is inside an error, each code with its message once, the outermost first. Its own code and message are not among them. */
function collectReasons(error: unknown, depth: number, reasons: Reason[]): void {
  if (depth > MAX_DEPTH || !isRecord(error)) return;
  const details = at(error, "details");
  const flat = typeof details === "string" ? (parseJson(details) ?? { message: details }) : undefined;
  const inside = [...(flat === undefined ? arrayAt(error, "details") : Array.isArray(flat) ? arrayAt(flat) : [flat]), at(error, "innererror"), at(error, "innerError"), at(error, "error")];
  const subcode = textAt(error, "subcode");
  if (subcode !== "") add({ code: subcode, message: "" }, reasons);
  for (const child of inside) {
    if (!isRecord(child)) continue;
    add({ code: textAt(child, "code"), message: textAt(child, "message").slice(0, MAX_REASON) }, reasons);
    collectReasons(child, depth + 1, reasons);
  }
}

function add(reason: Reason, reasons: Reason[]): void {
  if (reason.code === "" && reason.message === "") return;
  if (reasons.length < MAX_REASONS && !reasons.some(({ code, message }) => code === reason.code && message === reason.message)) reasons.push(reason);
}
