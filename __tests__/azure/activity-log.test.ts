/** The activity log: which events are writes, who made them, and what becomes of an answer that tells nothing. */
import { describe, expect, it } from "vitest";
import { ActivityLog, HISTORY_MS, lastWritesIn } from "../../src/azure/activity-log.ts";
import { ORACLES_ABSENT, readOracle, WHY_SKIPPED } from "../oracles/folder.ts";
import { arrayAt } from "../../src/lib/json.ts";
import { simulatedContext } from "../simulated-context.ts";
import { type CannedAnswer, cannedArm } from "./canned-arm.ts";

const WRITE = "Microsoft.ContainerService/managedClusters/write";
const SUBSCRIPTION = "5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90";
const ID = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg (1)", name: "demo" };

interface EventOptions {
  readonly at?: unknown;
  readonly operation?: string;
  readonly status?: string;
  readonly correlationId?: string;
  readonly caller?: unknown;
  readonly claims?: unknown;
}

function event({ at = "2026-11-26T02:14:00.1234567Z", operation = WRITE, status = "Succeeded", correlationId = "c1", caller = "a@contoso.example", claims = {} }: EventOptions = {}): unknown {
  return { eventTimestamp: at, operationName: { value: operation, localizedValue: "Create or Update Managed Cluster" }, status: { value: status, localizedValue: status }, correlationId, caller, claims };
}

const SINCE = Date.UTC(2026, 10, 20);
const UNTIL = Date.UTC(2026, 10, 27);
const writesIn = (...events: readonly unknown[]) => lastWritesIn(events, SINCE, UNTIL);

describe("a write", () => {
  it("has its time, caller, application, operation, status and correlation ID", () => {
    expect(writesIn(event({ claims: { appid: "app" } }))).toEqual([
      { at: "2026-11-26T02:14:00.123Z", by: "a@contoso.example", application: "app", operation: "Create or Update Managed Cluster", status: "Succeeded", correlationId: "c1" },
    ]);
  });

  it("is one operation, sent when its first event was logged, with the status of the last, in whatever order the events come", () => {
    const started = event({ at: "2026-11-26T02:14:00Z", status: "Started" });
    const accepted = event({ at: "2026-11-26T02:14:01Z", status: "Accepted" });
    const ended = event({ at: "2026-11-26T02:16:00Z", status: "Succeeded" });
    for (const events of [[started, accepted, ended], [ended, accepted, started]]) expect(writesIn(...events)).toMatchObject([{ at: "2026-11-26T02:14:00.000Z", status: "Succeeded" }]);
    expect(writesIn(accepted, started), "an operation in progress").toMatchObject([{ status: "Accepted" }]);
    expect(writesIn(event({ status: "Failed" }), event({ status: "Started" })), "two events of the same time").toMatchObject([{ status: "Failed" }]);
  });

  it("comes newest first, and the ten newest are kept", () => {
    const days = Array.from({ length: 14 }, (_, index) => `2026-11-22T${String(index + 10)}:00:00Z`);
    const writes = writesIn(...days.map((at, index) => event({ at, correlationId: `c${String(index)}` })));
    expect(writes.map(({ correlationId }) => correlationId)).toEqual(["c13", "c12", "c11", "c10", "c9", "c8", "c7", "c6", "c5", "c4"]);
  });

  it("without a correlation ID is not taken for another one", () => {
    expect(writesIn(event({ correlationId: "" }), event({ correlationId: "" }))).toHaveLength(2);
  });

  it.each([
    [WRITE, true],
    ["microsoft.containerservice/MANAGEDCLUSTERS/write", true],
    ["Microsoft.ContainerService/managedClusters/delete", true],
    ["Microsoft.ContainerService/managedClusters/stop/action", true],
    ["Microsoft.ContainerService/managedClusters/rotateClusterCertificates/action", true],
    ["Microsoft.ContainerService/managedClusters/maintenanceConfigurations/write", true],
    ["Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", false],
    ["Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action", false],
    ["Microsoft.ContainerService/managedClusters/runCommand/action", false],
    ["Microsoft.ContainerService/managedClusters/read", false],
    ["Microsoft.Authorization/policies/audit/action", false],
    ["Microsoft.Resourcehealth/healthevent/Activated/action", false],
    ["", false],
  ])("%s is one: %s", (operation, isOne) => {
    expect(writesIn(event({ operation })).length === 1).toBe(isOne);
  });

  it.each([
    ["a user's name", { name: "An Operator" }, "operator@contoso.example", "An Operator"],
    ["a user's UPN", {}, "operator@contoso.example", "operator@contoso.example"],
    ["the name of a managed identity", { xms_mirid: "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/terraform-prod" }, "7d0c7f0e", "terraform-prod"],
    ["the object ID of another application", { appid: "e4a1", xms_mirid: "" }, "7d0c7f0e", "7d0c7f0e"],
    ["nobody", undefined, null, ""],
    ["claims of another shape", ["name"], 7, ""],
  ])("is by %s", (_, claims, caller, by) => {
    expect(writesIn(event({ claims, caller }))).toMatchObject([{ by }]);
  });

  it.each([undefined, null, 1e300, "", "yesterday", "2026-11-19T23:59:59Z", "2026-11-27T00:00:01Z", "+275760-09-13T00:00:00Z"])("at the time %j is left out", (at) => {
    expect(writesIn(event({ at: at ?? null }))).toEqual([]);
  });

  it("is nothing that has another shape", () => {
    expect(writesIn(null, 1, "x", [], {}, { operationName: WRITE, eventTimestamp: "2026-11-26T02:14:00Z" })).toEqual([]);
  });

  it.skipIf(ORACLES_ABSENT)(`is read from the documented example${WHY_SKIPPED}`, () => {
    const example = readOracle("azure/activity-log.example.json");
    const events = arrayAt(example, "response", "body", "value").map((each) => ({ ...(each as object), operationName: { value: WRITE, localizedValue: WRITE } }));
    expect(lastWritesIn(events, 0, UNTIL)).toEqual([
      { at: "2015-01-21T22:14:26.979Z", by: "John Smith", application: "c44b4083-3bq0-49c1-b47d-974e53cbdf3c", operation: WRITE, status: "Succeeded", correlationId: "1e121103-0ba6-4300-ac9d-952bb5d0c80f" },
    ]);
  });
});

describe("the request", () => {
  const ask = (answer: CannedAnswer) => {
    const { context, stop, lines } = simulatedContext();
    const canned: { arm?: ReturnType<typeof cannedArm> } = {};
    const log = new ActivityLog((limited) => (canned.arm = cannedArm(limited, () => answer)).arm, ID, context);
    return { result: log.lastWrites(UNTIL), sent: () => canned.arm?.sent ?? [], context, stop, lines };
  };

  it("is one GET with the documented filter for the cluster and the last seven days", async () => {
    const { result, sent } = ask({ status: 200, body: { value: [event()], nextLink: "https://management.azure.com/more" } });
    expect(await result).toMatchObject({ seen: true, value: [{ by: "a@contoso.example" }] });
    expect(sent().map(({ method }) => method)).toEqual(["GET"]);
    const { pathname, searchParams } = new URL(sent()[0]!.url);
    expect(pathname).toBe(`/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values`);
    expect(Object.fromEntries(searchParams)).toEqual({
      "api-version": "2015-04-01",
      $filter: `eventTimestamp ge '2026-11-20T00:00:00.000Z' and eventTimestamp le '2026-11-27T00:00:00.000Z' and resourceUri eq '/subscriptions/${SUBSCRIPTION}/resourceGroups/rg (1)/providers/Microsoft.ContainerService/managedClusters/demo'`,
    });
    expect(HISTORY_MS).toBe(UNTIL - SINCE);
  });

  it("that is refused says what is missing", async () => {
    const { result } = ask({ status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } });
    expect(await result).toEqual({ seen: false, why: 'reading the activity log of the cluster: the identity lacks Microsoft.Insights/eventtypes/values/read on the subscription, which the built-in role "Reader" includes (AuthorizationFailed)', remedy: "" });
  });

  it.each([
    ["a page without a list", { status: 200, body: { value: "none" } }],
    ["a page that is not JSON", { status: 200, body: "<html>" }],
    ["404, in a cloud without the log", { status: 404, body: { error: { code: "InvalidResourceType", message: "no" } } }],
    ["429 with a long pause", { status: 429, headers: { "retry-after": "300" } }],
  ] as const)("answered with %s is no failure, and takes one request", async (_, answer) => {
    const { result, sent, context } = ask(answer);
    expect(await result).toMatchObject({ seen: false, why: expect.stringContaining("reading the activity log of the cluster: ") as unknown });
    expect(sent()).toHaveLength(1);
    expect(context.clock.now(), "nothing was waited for").toBe(Date.UTC(2026, 0, 1));
  });

  it("ends with the run", async () => {
    const { context, stop } = simulatedContext();
    const log = new ActivityLog((limited) => cannedArm(limited, () => ({ status: 500 })).arm, ID, context);
    stop.abort(new Error("the run has ended"));
    await expect(log.lastWrites(UNTIL)).rejects.toThrow("the run has ended");
  });
});
