/** The situations of the field that are about answers of Azure and Entra: errors, bodies of the PUT, the flag, the mesh and its revisions. */
import { describe, expect, test } from "vitest";
import { endOf, readOperation } from "../../src/azure/operation.ts";
import { parseCluster, putBody } from "../../src/azure/put-body.ts";
import { evaluate } from "../../src/checks/evaluate.ts";
import { INIT_CONTAINERS } from "../../src/contract.ts";
import { readClusterFacts } from "../../src/istio/cluster-facts.ts";
import type { Snapshot } from "../../src/istio/observation.ts";
import { remedyFor, rowFor } from "../../src/lib/error-table.ts";
import type { Failure, Service } from "../../src/lib/errors.ts";
import { readError } from "../../src/lib/http/read-error.ts";
import { arrayAt, at, isRecord, numberAt, textAt, textsAt } from "../../src/lib/json.ts";
import { goalOf, planFor, type PlanConfig } from "../../src/phases/plan/plan.ts";
import { cluster, clusterWithMechanism, goal, snapshot, UNSEEN } from "../istio/fixtures.ts";
import { fieldCases, oracleFiles, readOracle, WHY_SKIPPED } from "./folder.ts";

const SERVICES: readonly Service[] = ["Resource Manager", "Microsoft Entra", "GitHub OIDC", "Azure CLI", "Kubernetes", "managed identity"];
const CONFIG: PlanConfig = { mode: "apply", namespaces: [], registerFeature: "auto", labelNamespaces: false, revision: undefined, removeInjectionLabel: false, restartWorkloads: "never", force: false };

/** A case's result of one check. */
function resultOf(id: string, given: Snapshot): { readonly result: string; readonly remedy: string } {
  const found = evaluate(given, goal()).find((check) => check.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

function expectRemedy(expected: unknown, remedy: string): void {
  const matches = textAt(expected, "remedyMatches");
  if (matches !== "") expect(remedy).toMatch(new RegExp(matches, "i"));
}

/** The value at a path such as `identity.userAssignedIdentities./subscriptions/0/ids/a.clientId`, whose keys hold no other dots. */
function valueAt(body: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), body);
}

describe(`field cases of Azure${WHY_SKIPPED}`, () => {
  test.each(fieldCases("error"))("error: $situation", ({ input, expect: expected }) => {
    const service = SERVICES.find((each) => each === textAt(input, "service"));
    if (service === undefined) throw new Error("an unknown service");
    const failure: Failure = { service, doing: textAt(input, "doing"), status: numberAt(input, "status"), code: textAt(input, "code"), message: textAt(input, "message") };
    const [row, notRow] = [textAt(expected, "row"), textAt(expected, "notRow")];
    if (row !== "") expect(rowFor(failure)?.id).toBe(row);
    if (notRow !== "") expect(rowFor(failure)?.id).not.toBe(notRow);
    expect(remedyFor(failure)).not.toBe("");
    expectRemedy(expected, remedyFor(failure));
  });

  test.each(fieldCases("readError"))("error body: $situation", ({ input, expect: expected }) => {
    const { message } = readError(numberAt(input, "status") ?? 0, textAt(input, "body"));
    expect(message).toMatch(new RegExp(textAt(expected, "messageMatches")));
  });

  test.each(fieldCases("operation"))("operation: $situation", ({ input, expect: expected }) => {
    const { status, error } = readOperation(at(input, "body") ?? input);
    expect(endOf(status)).not.toBe("succeeded");
    expect(error).toMatch(new RegExp(textAt(expected, "messageMatches")));
  });

  test.each(fieldCases("put"))("body of the PUT: $situation", ({ input, expect: expected }) => {
    const parsed = parseCluster(JSON.stringify(input));
    const body: unknown = parsed === undefined ? undefined : JSON.parse(putBody(parsed, "CNIChaining").text);
    for (const path of textsAt(expected, "absent")) expect(valueAt(body, path), path).toBeUndefined();
    for (const path of textsAt(expected, "present")) expect(valueAt(body, path), path).toBeDefined();
  });

  test.each(fieldCases("plan"))("plan: $situation", ({ input, expect: expected }) => {
    const feature = { name: textAt(input, "feature", "name"), state: textAt(input, "feature", "state"), why: textAt(input, "feature", "why") };
    const { steps, blocker } = planFor(snapshot({ cluster: clusterWithMechanism(textAt(input, "mechanism")), feature, observation: UNSEEN }), CONFIG);
    expect(blocker).toBeUndefined();
    for (const [id, needed] of Object.entries(isRecord(at(expected, "needed")) ? (at(expected, "needed") as Record<string, unknown>) : {})) {
      expect(steps.find((step) => step.id === id)?.needed, id).toBe(needed);
    }
  });

  test.each(fieldCases("meshEnabled"))("mesh: $situation", ({ input, expect: expected }) => {
    const { result, remedy } = resultOf("mesh-enabled", snapshot({ cluster: readClusterFacts(input), observation: UNSEEN }));
    expect(result).toBe(textAt(expected, "result"));
    expectRemedy(expected, remedy);
  });

  test.each(fieldCases("revision"))("revision: $situation", ({ input, expect: expected }) => {
    const facts = cluster({ mesh: { mode: "Istio", revisions: textsAt(input, "revisions"), redirectionMechanism: "CNIChaining" } });
    expect(resultOf("revision-in-support", { cluster: facts, feature: snapshot().feature, observation: UNSEEN }).result).toBe(textAt(expected, "result"));
  });

  test.each(fieldCases("default130"))("no mechanism in the body: $situation", ({ input, expect: expected }) => {
    const given = snapshot({ cluster: cluster({ mesh: { mode: "Istio", revisions: textsAt(input, "revisions"), redirectionMechanism: "" } }), observation: UNSEEN });
    expect(resultOf("cni-chaining-enabled", given).result).not.toBe(textAt(expected, "notResult"));
    const back = planFor(given, { ...CONFIG, mode: "disable", force: true });
    expect(goalOf({ ...CONFIG, mode: "disable" }).mechanism).toBe(INIT_CONTAINERS);
    expect(back.steps.find(({ id }) => id === "switch-redirection")?.needed).toBe(at(expected, "disableSwitches"));
  });

  test("none of them is of a kind that no test knows", () => {
    const known = new Set(["error", "readError", "operation", "put", "plan", "meshEnabled", "revision", "default130", "pods", "probe", "workloads", "daemonset"]);
    const kinds = oracleFiles("field-cases").filter((path) => path.endsWith(".json")).map((path) => textAt(readOracle(path), "kind"));
    expect(kinds.filter((kind) => !known.has(kind))).toEqual([]);
    expect(arrayAt(kinds).length).toBe(kinds.length);
  });
});
