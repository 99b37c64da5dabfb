/** The options of the simulated Resource Manager: what clouds differ in, and what nobody has confirmed. */
import { describe, expect, it } from "vitest";
import { type JsonObject, setAt, textAt, valueAt } from "../../simulator/lib/json.ts";
import { leaveMechanismUnnamed } from "../../simulator/world/cluster-settings.ts";
import { MECHANISM_PATH } from "../../simulator/world/operations.ts";
import { mechanismAt } from "../../simulator/world/world.ts";
import { type Arm, NEWEST, openArm } from "./arm.ts";

const HOUR = 3_600_000;
const GATEWAY = ["properties", "ingressProfile", "gatewayAPI"];

function switched(body: JsonObject): JsonObject {
  const copy = structuredClone(body);
  setAt(copy, MECHANISM_PATH, "CNIChaining");
  return copy;
}

/** Reads the cluster with a version, and writes it back with the mechanism. */
function putBack(arm: Arm, version: string, headers: Readonly<Record<string, string>> = {}) {
  return arm.send("PUT", arm.cluster, { version, headers, body: switched(arm.get(arm.cluster, { version })) });
}

describe("If-Match", () => {
  it.each([
    ["any", "bare", 200],
    ["any", "quoted", 200],
    ["quoted", "quoted", 200],
    ["quoted", "bare", 412],
    ["bare", "bare", 200],
    ["bare", "quoted", 412],
  ] as const)("a cloud that accepts %s: the current eTag %s is answered %i", (accepted, sent, status) => {
    const arm = openArm("flag-graduated", (world) => (world.resourceManager.ifMatch = accepted));
    const eTag = textAt(arm.get(arm.cluster), "eTag") ?? "";
    expect(putBack(arm, NEWEST, { "if-match": sent === "bare" ? eTag : `"${eTag}"` }).status).toBe(status);
    expect(textAt(arm.get(arm.cluster), "eTag"), "the eTag is the old one until the operation ends").toBe(eTag);
  });

  it("names an old eTag: 412 in every form", () => {
    const arm = openArm("flag-graduated");
    for (const old of ["old", '"old"']) expect(putBack(arm, NEWEST, { "if-match": old }).status).toBe(412);
  });

  it("bodies of 2024 spell it etag, also in pools, and a PUT with it is stored without", () => {
    const arm = openArm("flag-graduated", (world) => (world.resourceManager.eTagName = "etag"));
    const body = arm.get(arm.cluster);
    expect([body["etag"], body["eTag"], valueAt(body, "properties", "agentPoolProfiles")]).toEqual([expect.any(String), undefined, expect.arrayContaining([expect.objectContaining({ etag: expect.any(String) as unknown })])]);
    expect(putBack(arm, NEWEST).status).toBe(200);
    expect(arm.world.cluster.body).toMatchObject({ eTag: body["etag"] });
    expect(arm.world.cluster.body["etag"]).toBeUndefined();
  });
});

describe("api-versions", () => {
  it.each([
    ["NoRegisteredProviderFound", "The supported api-versions are '2026-05-01, 2026-01-01'."],
    ["InvalidApiVersionParameter", "The supported versions are '2026-05-01,2026-01-01'."],
    ["InvalidResourceType", "The supported api-versions are '2026-05-01,2026-01-01'."],
  ] as const)("one that the cloud does not know: 400 %s, and the message lists those that it knows", (refusal, list) => {
    const arm = openArm("fresh", (world) => Object.assign(world.resourceManager.apiVersions, { known: ["2026-05-01", "2026-01-01"], refusal }));
    const location = `${arm.subscription}/providers/Microsoft.ContainerService/locations/westeurope/meshRevisionProfiles`;
    for (const path of [arm.cluster, `${arm.subscription}/providers/Microsoft.ContainerService/managedClusters`, location]) {
      const { status, body } = arm.send("GET", path);
      expect([status, textAt(body, "error", "code")], path).toEqual([400, refusal]);
      expect(textAt(body, "error", "message")).toContain(list);
      expect(arm.send("GET", path, { version: "2026-05-01" }).status, path).toBe(200);
    }
    expect(arm.get(`${arm.subscription}/providers/Microsoft.ContainerService`, { version: "2022-09-01" })).toMatchObject({ resourceTypes: [{ apiVersions: ["2026-05-01", "2026-01-01"] }] });
  });

  it.each([
    ["shows", "2026-01-01", "Standard", "Standard"],
    ["hides", "2026-01-01", undefined, "Standard"],
    ["resets", "2026-01-01", undefined, undefined],
    ["hides", "2026-05-01", "Standard", "Standard"],
    ["resets", "2026-05-01", "Standard", "Standard"],
  ] as const)("a cloud that %s newer properties, version %s: a GET has %s, and after a PUT with it the newest GET has %s", (newerProperties, version, seen, left) => {
    const arm = openArm("flag-graduated", (world) => {
      world.resourceManager.apiVersions.newerProperties = newerProperties;
      setAt(world.cluster.body, [...GATEWAY, "installation"], "Standard");
      setAt(world.cluster.body, ["properties", "ingressProfile", "webAppRouting", "enabled"], true);
    });
    expect(textAt(arm.get(arm.cluster, { version }), ...GATEWAY, "installation")).toBe(seen);
    expect(putBack(arm, version).status).toBe(200);
    expect(textAt(arm.get(arm.cluster), ...GATEWAY, "installation")).toBe(left);
  });

  it("keeps what is hidden in node pools, by the pool's name", () => {
    const arm = openArm("flag-graduated", (world) => {
      world.resourceManager.apiVersions.newerProperties = "hides";
      const pools = valueAt(world.cluster.body, "properties", "agentPoolProfiles");
      if (Array.isArray(pools)) setAt(pools[1] as JsonObject, ["artifactStreamingProfile", "enabled"], true);
    });
    const body = switched(arm.get(arm.cluster, { version: "2026-01-01" }));
    const pools = valueAt(body, "properties", "agentPoolProfiles");
    if (Array.isArray(pools)) pools.reverse();
    expect(arm.send("PUT", arm.cluster, { version: "2026-01-01", body }).status).toBe(200);
    expect(valueAt(arm.get(arm.cluster), "properties", "agentPoolProfiles")).toEqual([expect.objectContaining({ name: "userpool", artifactStreamingProfile: { enabled: true } }), expect.not.objectContaining({ artifactStreamingProfile: expect.anything() as unknown })]);
  });

  it("a PUT that names what its version does not have is refused", () => {
    const arm = openArm("flag-graduated", (world) => (world.resourceManager.apiVersions.newerProperties = "resets"));
    const body = arm.get(arm.cluster);
    setAt(body, GATEWAY, { installation: "Standard" });
    expect(arm.send("PUT", arm.cluster, { version: "2026-01-01", body })).toMatchObject({ status: 400, body: { code: "UnmarshalError", message: expect.stringContaining("gatewayAPI") as unknown } });
  });

  it("before 2026-01-01 the mechanism is hidden in every cloud", () => {
    const arm = openArm("compliant");
    expect(textAt(arm.get(arm.cluster, { version: "2025-10-01" }), ...MECHANISM_PATH)).toBeUndefined();
    expect(textAt(arm.get(arm.cluster, { version: "2025-08-02-preview" }), ...MECHANISM_PATH)).toBe("CNIChaining");
  });
});

describe("the preview flag", () => {
  it("that is not needed: the PUT is accepted without it, and it can be looked up", () => {
    const arm = openArm("fresh", (world) => (world.feature.required = false));
    expect(arm.get(`${arm.subscription}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/IstioCNIPreview`)).toMatchObject({ properties: { state: "NotRegistered" } });
    expect(putBack(arm, NEWEST).status).toBe(200);
  });

  it("that the provider has seen stays seen when the provider is registered again", () => {
    const arm = openArm("fresh");
    const register = `${arm.subscription}/providers/Microsoft.ContainerService/register`;
    const flag = `${arm.subscription}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/IstioCNIPreview/register`;
    arm.send("POST", register);
    arm.send("POST", flag);
    expect(putBack(arm, NEWEST).status, "before it is Registered").toBe(400);
    arm.now += HOUR;
    expect(putBack(arm, NEWEST).status, "the provider was registered before the flag was").toBe(400);
    arm.send("POST", register);
    arm.now += HOUR;
    arm.send("POST", register);
    expect(putBack(arm, NEWEST).status, "at once after another registration").toBe(200);
  });
});

describe("the mechanism that was never named", () => {
  it("is absent from the body, a PUT without it changes nothing, and one with it is stored", () => {
    const arm = openArm("compliant", leaveMechanismUnnamed);
    const body = arm.get(arm.cluster);
    expect(textAt(body, ...MECHANISM_PATH)).toBeUndefined();
    expect(arm.send("PUT", arm.cluster, { body }).status).toBe(200);
    arm.now += HOUR;
    expect(textAt(arm.get(arm.cluster), ...MECHANISM_PATH)).toBeUndefined();
    expect(mechanismAt(arm.world, arm.now).mechanism).toBe("CNIChaining");
    expect(putBack(arm, NEWEST).status).toBe(200);
    expect(textAt(arm.get(arm.cluster), ...MECHANISM_PATH)).toBe("CNIChaining");
  });
});

describe("a mesh revision out of support", () => {
  it.each([
    [false, 200],
    [true, 400],
  ])("where it is refused (%s): %i", (refuses, status) => {
    const arm = openArm("flag-graduated", (world) => {
      world.resourceManager.refusesUnsupportedRevisions = refuses;
      setAt(world.cluster.body, ["properties", "serviceMeshProfile", "istio", "revisions"], ["asm-1-28"]);
    });
    const reply = putBack(arm, NEWEST);
    expect(reply.status).toBe(status);
    if (refuses) expect(textAt(reply.body, "message")).toContain("asm-1-28");
  });
});

describe("endpoint metadata", () => {
  it.each([
    ["2015-01-01", "array", false, undefined],
    ["2018-05-01", "object", false, undefined],
    ["2020-06-01", "object", true, undefined],
    ["2022-09-01", "array", true, undefined],
    ["2022-09-01", "object", false, "SimulatedCloud"],
  ] as const)("%s, on a cloud that answers with an %s: an array is %s", (version, metadata, isArray, name) => {
    const arm = openArm("fresh", (world) => (world.resourceManager.metadata = metadata));
    const { status, body } = arm.send("GET", "/metadata/endpoints", { version, anonymous: true });
    expect([status, Array.isArray(body), textAt(body, "name")]).toEqual([200, isArray, name]);
    if (!isArray) expect(textAt(body, "authentication", "loginEndpoint")).toBe("https://entra.example/");
  });
});
