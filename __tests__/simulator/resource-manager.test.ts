/** What the simulated Resource Manager answers to clients other than the action: subscriptions, mesh revisions, the activity log, aborts. */
import { describe, expect, it } from "vitest";
import { type JsonObject, objectsAt, setAt, textAt } from "../../simulator/lib/json.ts";
import { MECHANISM_PATH } from "../../simulator/world/operations.ts";
import { type Arm, openArm } from "./arm.ts";

const MINUTE = 60_000;

function switchOn(arm: Arm) {
  const body = structuredClone(arm.get(arm.cluster));
  setAt(body, MECHANISM_PATH, "CNIChaining");
  return arm.send("PUT", arm.cluster, { body, headers: { "x-ms-correlation-request-id": "11111111-2222-4333-8444-555555555555" } });
}

describe("subscriptions, tenants and groups", () => {
  it("are listed, and found by name", () => {
    const arm = openArm("fresh");
    const { subscriptionId, identity, resourceGroup } = arm.world;
    const version = { version: "2022-12-01" };
    expect(arm.get("/subscriptions", version)).toMatchObject({ value: [{ subscriptionId, tenantId: identity.tenantId, state: "Enabled" }] });
    expect(arm.get("/tenants", version)).toMatchObject({ value: [{ tenantId: identity.tenantId }] });
    expect(arm.get(arm.subscription, version)).toMatchObject({ subscriptionId });
    const group = `${arm.subscription}/resourcegroups/${resourceGroup}`;
    expect(arm.get(group, version)).toMatchObject({ name: resourceGroup, location: "westeurope" });
    expect([arm.send("HEAD", group).status, arm.send("HEAD", `${group}-x`).status]).toEqual([204, 404]);
    expect(objectsAt(arm.get(`${arm.subscription}/resourcegroups`), "value")).toHaveLength(1);
    expect(arm.send("GET", "/subscriptions", { anonymous: true }).status).toBe(401);
  });

  it("clusters are listed by subscription and by group, as a GET shows them", () => {
    const arm = openArm("compliant");
    const provider = "/providers/Microsoft.ContainerService/managedClusters";
    const whole = arm.get(arm.cluster);
    for (const scope of [arm.subscription, `${arm.subscription}/resourceGroups/${arm.world.resourceGroup}`]) expect(arm.get(`${scope}${provider}`)).toEqual({ value: [whole] });
    expect(arm.send("GET", `${arm.subscription}/resourceGroups/another${provider}`).status).toBe(404);
  });

  it("the provider and its features are listed", () => {
    const arm = openArm("fresh");
    expect(arm.get(`${arm.subscription}/providers`)).toMatchObject({ value: [{ namespace: "Microsoft.ContainerService", registrationState: "Registered" }] });
    const flag = { name: "Microsoft.ContainerService/IstioCNIPreview", properties: { state: "NotRegistered" } };
    for (const path of ["features", "providers/Microsoft.ContainerService/features"]) expect(arm.get(`${arm.subscription}/providers/Microsoft.Features/${path}`)).toMatchObject({ value: [flag] });
  });
});

describe("mesh revisions", () => {
  it("asm-1-29 and asm-1-30 are supported in the region, asm-1-28 is not", () => {
    const arm = openArm("fresh");
    const [profile] = objectsAt(arm.get(`${arm.subscription}/providers/Microsoft.ContainerService/locations/westeurope/meshRevisionProfiles`), "value");
    const revisions = objectsAt(profile, "properties", "meshRevisions");
    expect(revisions.map(({ revision, upgrades }) => [revision, upgrades])).toEqual([["asm-1-29", ["asm-1-30"]], ["asm-1-30", []]]);
    expect(revisions[0]).toMatchObject({ compatibleWith: [{ name: "KubernetesOfficial", versions: expect.arrayContaining(["1.33"]) as unknown }] });
  });

  it.each([
    ["asm-1-28", ["asm-1-29", "asm-1-30"]],
    ["asm-1-29", ["asm-1-30"]],
    ["asm-1-30", []],
  ])("the mesh on %s can be upgraded to %j", (revision, upgrades) => {
    const arm = openArm("fresh", (world) => setAt(world.cluster.body, ["properties", "serviceMeshProfile", "istio", "revisions"], [revision]));
    expect(arm.get(`${arm.cluster}/meshUpgradeProfiles/istio`)).toMatchObject({ properties: { revision, upgrades } });
  });

  it("a cluster without the mesh has no upgrade profile", () => {
    const arm = openArm("mesh-off");
    expect(arm.send("GET", `${arm.cluster}/meshUpgradeProfiles/istio`).status).toBe(404);
    expect(arm.get(`${arm.cluster}/meshUpgradeProfiles`)).toEqual({ value: [] });
  });

  it("reading the region's needs a role at the subscription", () => {
    const arm = openArm("fresh", (world) => (world.rights.arm = [{ action: "Microsoft.ContainerService/locations/meshRevisionProfiles/read", scope: "cluster" }]));
    expect(arm.send("GET", `${arm.subscription}/providers/Microsoft.ContainerService/locations/westeurope/meshRevisionProfiles`).status).toBe(403);
  });
});

describe("the activity log", () => {
  const path = "/providers/Microsoft.Insights/eventtypes/management/values";
  const events = (arm: Arm, more = "", query: Readonly<Record<string, string>> = {}): JsonObject[] => {
    const from = new Date(arm.now - 30 * 86_400_000).toISOString();
    return objectsAt(arm.get(`${arm.subscription}${path}`, { version: "2015-04-01", query: { $filter: `eventTimestamp ge '${from}'${more}`, ...query } }), "value");
  };
  const brief = (event: JsonObject) => [textAt(event, "operationName", "value"), textAt(event, "status", "value"), textAt(event, "caller")];

  it("has a neighbour's write, and who it was", () => {
    const arm = openArm("reset-by-terraform");
    const [write] = events(arm, ` and resourceUri eq '${arm.cluster.toLowerCase()}'`);
    expect(write).toMatchObject({ operationName: { value: "Microsoft.ContainerService/managedClusters/write" }, httpRequest: { method: "PUT" }, status: { value: "Succeeded" }, claims: { appid: expect.any(String) as unknown } });
    expect(textAt(write, "caller"), "not the run's identity").not.toBe(arm.world.identity.objectId);
  });

  it("has the run's own writes when some minutes have passed, newest first, with the request's correlation ID", () => {
    const arm = openArm("flag-graduated");
    const self = arm.world.identity.objectId;
    expect(switchOn(arm).status).toBe(200);
    expect(switchOn(arm).status).toBe(409);
    expect(events(arm)).toEqual([]);
    arm.now += 10 * MINUTE;
    const write = "Microsoft.ContainerService/managedClusters/write";
    const all = events(arm);
    expect(all.map(brief)).toEqual([[write, "Succeeded", self], [write, "Failed", self], [write, "Started", self]]);
    expect(all[0]).toMatchObject({ correlationId: "11111111-2222-4333-8444-555555555555", claims: { appid: arm.world.identity.clientId } });
    expect(textAt(all[0], "claims", "name"), "an application has no name").toBeUndefined();
  });

  it("has registrations, in their subscription, and leaves out other resources and properties if asked to", () => {
    const arm = openArm("fresh");
    arm.send("POST", `${arm.subscription}/providers/Microsoft.ContainerService/register`);
    arm.now += 10 * MINUTE;
    expect(events(arm).map(brief)).toEqual([["Microsoft.ContainerService/register/action", "Succeeded", arm.world.identity.objectId]]);
    expect(events(arm, ` and resourceUri eq '${arm.cluster}'`)).toEqual([]);
    expect(events(arm, "", { $select: "caller,eventTimestamp" }).map((event) => Object.keys(event))).toEqual([["caller", "eventTimestamp"]]);
  });

  it("comes in pages", () => {
    const arm = openArm("fresh", (world) => {
      const change = { by: { caller: "a@b.example", applicationId: "x" }, operation: "o/write", method: "PUT", resourceId: "/r", correlationId: "c" };
      for (let index = 0; index < 250; index += 1) world.activity.push({ at: world.startedAt - 10 * MINUTE - index, change, status: "Succeeded" });
    });
    const query = { $filter: `eventTimestamp ge '${new Date(arm.now - 60 * MINUTE).toISOString()}'` };
    const first = arm.get(`${arm.subscription}${path}`, { query });
    const next = new URL(textAt(first, "nextLink") ?? "");
    const second = arm.get(next.pathname, { query: Object.fromEntries(next.searchParams) });
    expect([objectsAt(first, "value").length, objectsAt(second, "value").length, second["nextLink"]]).toEqual([200, 50, undefined]);
  });

  it("takes the filter as az writes it: without quotes and zone, and with resourceId", () => {
    const arm = openArm("reset-by-terraform");
    const [from, to] = [arm.now - 6 * 60 * MINUTE, arm.now].map((time) => new Date(time).toISOString().replace("Z", "000"));
    const $filter = `eventTimestamp ge ${from} and eventTimestamp le ${to} and resourceId eq '${arm.cluster}'`;
    expect(objectsAt(arm.get(`${arm.subscription}${path}`, { query: { $filter } }), "value"), "Terraform's two writes, with two events each").toHaveLength(4);
  });

  it.each([
    ["no filter", ""],
    ["no start", "resourceUri eq '/x'"],
    ["an unknown term", "eventTimestamp ge '2026-09-20T00:00:00Z' and colour eq 'red'"],
    ["another form", "eventTimestamp gt 2026"],
    ["more than 90 days", "eventTimestamp ge '2026-01-01T00:00:00Z'"],
  ])("refuses %s", (_, $filter) => {
    const arm = openArm("fresh");
    expect(arm.send("GET", `${arm.subscription}${path}`, { query: { $filter } }).status).toBe(400);
  });
});

describe("the latest operation", () => {
  it("is shown while it runs, and an abort ends it without its effect", () => {
    const arm = openArm("flag-graduated");
    expect(arm.send("GET", `${arm.cluster}/operations/latest`).status).toBe(404);
    switchOn(arm);
    arm.now += 20_000;
    expect(arm.get(`${arm.cluster}/operations/latest`)).toMatchObject({ status: "ProvisioningControlPlane" });
    const aborted = arm.send("POST", `${arm.cluster}/abort`);
    expect(aborted.status).toBe(202);
    expect(arm.send("GET", new URL(String(aborted.headers?.["location"])).pathname).status).toBe(204);
    expect(arm.get(`${arm.cluster}/operations/latest`)).toMatchObject({ status: "Canceled", error: { code: "OperationPreempted" } });
    expect(textAt(arm.get(arm.cluster), "properties", "provisioningState")).toBe("Canceled");
    expect(arm.send("POST", `${arm.cluster}/abort`).status).toBe(409);
  });
});
