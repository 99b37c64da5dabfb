/** Every recorded error and operation body is understood. */
import { describe, expect, it } from "vitest";
import { endOf, readOperation } from "../../src/azure/operation.ts";
import type { Failure } from "../../src/lib/errors.ts";
import { rowFor } from "../../src/lib/error-table.ts";
import { exchanges, ORACLES_ABSENT, readOracle, WHY_SKIPPED } from "./folder.ts";
import { readError } from "../../src/lib/http/read-error.ts";

const FILES = ["istio-cni-full-sequence", "feature-and-provider", "run-command", "stop-start", "errors", "operations-with-error-object"];
const all = ORACLES_ABSENT ? [] : FILES.flatMap((file) => exchanges(`azure/${file}.json`).map((exchange, index) => ({ from: `${file} ${index}`, ...exchange })));
const failures = all.filter(({ response }) => response.status >= 400);
const operations = all.filter(({ request, response }) => /\/operations\//.test(request.uri) && response.status === 200);

/** Code, and the row of the error table, of every recorded failure. */
const EXPECTED: Readonly<Record<string, string | undefined>> = {
  BadRequest: undefined,
  InUseSubnetCannotBeDeleted: undefined,
  NicInUse: undefined,
  PublicIPAddressCannotBeDeleted: undefined,
  PolicyDefinitionNotFound: undefined,
  ResourceTypeNotSupported: undefined,
  AuthorizationFailed: "not-authorized",
  NotFound: "cluster-not-found",
  ResourceNotFound: "cluster-not-found",
  ResourceGroupNotFound: "resource-group-not-found",
  RoleAssignmentExists: "another-operation",
  GetVnetError: "service-trouble",
  BadGatewayConnection: "service-trouble",
  GatewayTimeout: "service-trouble",
};

describe.skipIf(ORACLES_ABSENT)(`recorded failures${WHY_SKIPPED}`, () => {
  it.each(failures)("$from: $response.status has its code, its message and its place in the table", ({ response }) => {
    const { code, message } = readError(response.status, JSON.stringify(response.body));
    expect(Object.keys(EXPECTED), `a code that no other recording has: ${code}`).toContain(code);
    expect(message).not.toBe("");
    const failure: Failure = { service: "Resource Manager", doing: "testing", status: response.status, code, message };
    expect(rowFor(failure)?.id).toBe(EXPECTED[code]);
  });

  it("covers every code of the table above", () => {
    const seen = new Set(failures.map(({ response }) => readError(response.status, JSON.stringify(response.body)).code));
    expect([...seen].sort()).toEqual(Object.keys(EXPECTED).sort());
  });
});

describe.skipIf(ORACLES_ABSENT)(`recorded operations${WHY_SKIPPED}`, () => {
  it.each(operations)("$from: has the status it was recorded with, whatever error it carries", ({ response }) => {
    const body = response.body as { status: string; error?: { code: string } };
    const operation = readOperation(body);
    expect(operation.status).toBe(body.status);
    expect(operation.error.startsWith(body.error?.code ?? "")).toBe(true);
  });

  it("go on with every status word ever recorded but Succeeded, Failed and Canceled", () => {
    const words = Object.keys(readOracle("azure/operation-status-histogram.json") as object).map((key) => key.split("|")[0] ?? "");
    expect([...new Set(words.filter((word) => endOf(word) !== undefined))].sort()).toEqual(["Canceled", "Succeeded"]);
    expect(words.length).toBeGreaterThan(10);
  });
});
