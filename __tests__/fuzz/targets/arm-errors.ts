/**
 * Errors and operations of Resource Manager. Every body reads as an error with a code and a remedy that a shell does not take for more
 * than it is, and an operation has succeeded only if its status says so.
 */
import assert from "node:assert/strict";
import { endOf, readOperation } from "../../../src/azure/operation.ts";
import { ERROR_TABLE, remedyFor, rowFor } from "../../../src/lib/error-table.ts";
import { describeFailure, type Failure, type Service } from "../../../src/lib/errors.ts";
import { readError } from "../../../src/lib/http/read-error.ts";
import { isRecord, parseJson } from "../../../src/lib/json.ts";
import { remedyCommands, remedyText } from "../../../src/lib/remedy.ts";
import { plain } from "../../../src/report/escape.ts";
import { Choices } from "../choices.ts";
import { WORDS } from "../error-words.ts";
import type { Target } from "../target.ts";

const SERVICES = ["Resource Manager", "Microsoft Entra", "GitHub OIDC", "Azure CLI", "Kubernetes", "managed identity"] as const satisfies readonly Service[];
const STATUSES = [400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 503, 504] as const;
const NEEDS = { action: "Microsoft.ContainerService/managedClusters/write", scope: "the cluster", role: "Azure Kubernetes Service Contributor Role" };
/** Reasons are looked for some levels deep; a message repeats five at most. */
const MOST_REASONS = 5;

function fuzz(data: Buffer): string {
  const choices = new Choices(data);
  const service = choices.pick(SERVICES);
  const status = choices.pick(STATUSES);
  const text = choices.rest().toString("utf8");
  const failure: Failure = { service, status, doing: "writing the cluster demo", ...readError(status, text), needs: NEEDS };
  assert.notEqual(failure.code, "", "an error has a code");
  assert((failure.reasons ?? []).length <= MOST_REASONS, "a message repeats few reasons");
  const remedy = remedyFor(failure);
  assert.notEqual(remedyText(remedy), "", "an error has a remedy");
  for (const command of remedyCommands(remedy)) expectOneCommand(command);
  plain(describeFailure(failure));

  const body = parseJson(text);
  const operation = readOperation(body);
  const own = isRecord(body) && Object.hasOwn(body, "status") ? body["status"] : undefined;
  if (endOf(operation.status) === "succeeded") assert(typeof own === "string" && own.toLowerCase() === "succeeded", "an operation has succeeded if its status says so");
  assert(operation.remedy === "" || ERROR_TABLE.some((row) => row.remedy === operation.remedy), "the remedy of an operation is one of the table");
  return `${rowFor(failure)?.id ?? ""} ${endOf(operation.status) ?? ""}`;
}

/** Texts of the service get into commands only where a shell takes them literally. */
function expectOneCommand(command: string): void {
  const bare = command.replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"/g, "quoted");
  assert.doesNotMatch(bare, /["'`$<>|&;\\]/, `a shell interprets a part of: ${command}`);
}

const BODIES = [
  { error: { code: "AuthorizationFailed", message: "The client '11111111-2222-3333-4444-555555555555' with object id '11111111-2222-3333-4444-555555555555' does not have authorization to perform action" } },
  { error: { code: "BadRequest", message: "The request is invalid.", details: [{ code: "ServiceMeshUnsupportedRevision", message: "asm-1-24", details: [{ code: "Inner", message: "" }] }], innererror: { code: "A", innererror: { code: "B", message: "C" } } } },
  { code: "OperationNotAllowed", subcode: "AnotherOperation", message: "Operation is not allowed", details: '{"code":"X","message":"Y"}' },
  { kind: "Status", status: "Failure", reason: "Expired", message: "too old", metadata: { continue: "abc" }, details: { causes: [{ message: "x" }] }, code: 410 },
  { error: "invalid_client", error_description: "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:contoso/platform:environment:production'" },
  { id: "/x", name: "1", status: "Succeeded", error: { code: "Warning", message: "but" } },
  { name: "1", status: "InProgress", startTime: "2026-11-26T02:14:00Z" },
  { status: "Succeeded ", properties: { status: "Succeeded" } },
  { status: ["Succeeded"], error: { code: "NotSucceeded", message: "Succeeded" } },
  { status: "Failed", error: { code: "ReconcileError", message: "AADSTS7000215: no", details: [{ code: "ProxyRedirection", message: "x" }] } },
];

export const target: Target = {
  covers: ["src/lib/http/read-error.ts", "src/lib/error-table.ts", "src/azure/operation.ts"],
  seeds: () => SERVICES.flatMap((_, service) => BODIES.map((body, index) => Buffer.concat([Buffer.of(service, (service + index) % STATUSES.length), Buffer.from(JSON.stringify(body))]))),
  tokens: [
    ...WORDS,
    '"error":', '"code":', '"message":', '"details":[', '"innererror":{', '"status":"Succeeded"', '"status":"succeeded "', '"status":["Succeeded"]', '"__proto__":{"status":"Succeeded"}', '"subcode":', "{}", "[]", "null", "\\u0000", "AADSTS700213", "subject 'repo:", "$(id)", "`id`", ";id", "object id '",
    "AuthorizationFailed", "ScopeLocked", "EtagMismatch", "OperationNotAllowed", "RequestDisallowedByPolicy", "SubscriptionNotFound",
  ],
  fuzz,
};
