/** Typed calls of the Azure SDK: the requests that they send, and that the sender's rules hold for them. */
import { list } from "@azure/arm-containerservice/api/managedClusters";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManagedCluster } from "../../src/azure/managed-cluster.ts";
import { PreviewFeature } from "../../src/azure/preview-feature.ts";
import { containerService, featureClient } from "../../src/azure/sdk-clients.ts";
import { ActionError, CancelledError, ServiceError } from "../../src/lib/errors.ts";
import { simulatedContext } from "../simulated-context.ts";
import { cannedArm, type CannedAnswer, type SentRequest } from "./canned-arm.ts";

const ORIGIN = "https://management.azure.com";
const FEATURE = `${ORIGIN}/subscriptions/s/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/IstioCNIPreview`;
const USER = { hasPublicName: false, isPrivate: false };
const kubeconfig = (text: string): unknown => ({ kubeconfigs: [{ name: "clusterUser", value: Buffer.from(text).toString("base64") }] });
const state = (word: string): unknown => ({ properties: { state: word } });

function feature(answer: (request: SentRequest) => CannedAnswer): ReturnType<typeof cannedArm> & ReturnType<typeof simulatedContext> & { readonly flag: PreviewFeature } {
  const simulated = simulatedContext({ writes: false });
  const canned = cannedArm(simulated.context, answer);
  return { ...simulated, ...canned, flag: new PreviewFeature(canned.arm, "s", simulated.context) };
}

function cluster(answer: (request: SentRequest) => CannedAnswer, resourceGroup = "g"): { readonly cluster: ManagedCluster; readonly sent: SentRequest[] } {
  const { context } = simulatedContext({ writes: false });
  const { arm, sent } = cannedArm(context, answer);
  return { cluster: new ManagedCluster(arm, { subscriptionId: "s", resourceGroup, name: "shop" }, context), sent };
}

describe("the preview flag", () => {
  it("is read with one GET and registered with one POST", async () => {
    const { flag, sent, context } = feature(({ method }) => ({ status: 200, body: state(method === "GET" ? "NotRegistered" : "Registering") }));
    expect(await flag.read()).toMatchObject({ state: "NotRegistered", why: "" });
    expect(await flag.register(() => undefined)).toMatchObject({ state: "Registering" });
    expect(sent.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["GET", `${FEATURE}?api-version=2021-07-01`, undefined],
      ["POST", `${FEATURE}/register?api-version=2021-07-01`, undefined],
    ]);
    for (const { headers } of sent) expect(headers).toMatchObject({ authorization: "Bearer token-1", accept: expect.stringMatching(/^application\/json/) as unknown, "user-agent": expect.stringMatching(/^istio-cni-aks\/\d+\.\d+\.\d+ /) as unknown });
    expect(context.requests).toEqual({ arm: 2, kubernetes: 0, retried: 0 });
  });

  it.each([
    ["404 for the flag", 404, "FeatureNotFound", "NotFound"],
    ["404 for the subscription", 404, "SubscriptionNotFound", "Unknown"],
    ["403", 403, "AuthorizationFailed", "Unknown"],
  ])("has a state if the answer is %s", async (_, status, code, expected) => {
    const { flag } = feature(() => ({ status, body: { error: { code, message: "it says why" } } }));
    const reading = await flag.read();
    expect(reading.state).toBe(expected);
    if (expected === "Unknown") expect(reading.why).toContain(`${code}: it says why`);
  });

  it("a refused registration has code, correlation ID and the missing role", async () => {
    const { flag } = feature(() => ({ status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } }, headers: { "x-ms-correlation-request-id": "c-1" } }));
    await expect(flag.register(() => undefined)).rejects.toMatchObject({
      code: "AuthorizationFailed",
      status: 403,
      correlationId: "c-1",
      remedy: expect.stringMatching(/Microsoft\.Features\/providers\/features\/register\/action.*Contributor/) as unknown,
    });
  });

  it("is requested again after a 401, once, with a new token", async () => {
    const { flag, discarded, context } = feature(({ headers }) => (headers["authorization"] === "Bearer token-1" ? { status: 401 } : { status: 200, body: state("Registered") }));
    expect((await flag.read()).state).toBe("Registered");
    expect(discarded).toEqual(["token-1"]);
    expect(context.requests).toEqual({ arm: 2, kubernetes: 0, retried: 1 });
  });

  it("keeps a state that the SDK does not know; any other answer is Unknown", async () => {
    for (const [body, expected] of [[state("Brewing"), "Brewing"], [state(""), "Unknown"], [{}, "Unknown"], [{ properties: { state: 7 } }, "Unknown"]] as const) {
      expect((await feature(() => ({ status: 200, body })).flag.read()).state).toBe(expected);
    }
  });

  it("any JSON answer is read without an exception; registering throws a ServiceError at most", async () => {
    const any = fc.oneof(fc.jsonValue(), fc.jsonValue().map((properties) => ({ properties })), fc.jsonValue().map((word) => ({ properties: { state: word } })));
    await fc.assert(
      fc.asyncProperty(any, async (body) => {
        const { flag } = feature(() => ({ status: 200, body: JSON.stringify(body) }));
        expect((await flag.read()).state).not.toBe("");
        await flag.register(() => undefined).catch((error: unknown) => expect(error).toBeInstanceOf(ServiceError));
      }),
    );
  });
});

describe("user credentials", () => {
  it.each([
    ["of a public cluster", USER, ""],
    ["of a private cluster", { hasPublicName: false, isPrivate: true }, ""],
    ["of a private cluster with a public name", { hasPublicName: true, isPrivate: true }, "public"],
  ])("%s are requested and decoded", async (_, facts, name) => {
    const { cluster: shop, sent } = cluster(() => ({ status: 200, body: kubeconfig("apiVersion: v1 # ü\n") }));
    expect(await shop.userKubeconfig(facts)).toBe("apiVersion: v1 # ü\n");
    const url = new URL(sent[0]?.url ?? "");
    expect([sent[0]?.method, url.pathname]).toEqual(["POST", "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/shop/listClusterUserCredential"]);
    expect(Object.fromEntries(url.searchParams)).toEqual({ "api-version": "2026-08-01", format: "exec", ...(name === "" ? {} : { "server-fqdn": name }) });
  });

  it("are requested for a resource group with any valid name", async () => {
    const { cluster: shop, sent } = cluster(() => ({ status: 200, body: kubeconfig("x") }), "Gruppe (ä).1");
    await shop.userKubeconfig(USER);
    expect(decodeURIComponent(new URL(sent[0]?.url ?? "").pathname)).toContain("/resourceGroups/Gruppe (ä).1/providers/");
  });

  it("are requested with the api-version that the cloud knows", async () => {
    const { cluster: shop, sent } = cluster(({ method, url }) => {
      if (method === "POST") return { status: 200, body: kubeconfig("x") };
      if (url.includes("preview")) return { status: 200, body: { type: "Microsoft.ContainerService/managedClusters" } };
      return { status: 400, body: { error: { code: "NoRegisteredProviderFound", message: "unknown api-version" } } };
    });
    await shop.read();
    await shop.userKubeconfig(USER);
    expect(new URL(sent.at(-1)?.url ?? "").searchParams.get("api-version")).toBe("2025-08-02-preview");
  });

  it.each([["{}"], ['{"kubeconfigs":null}'], ['{"kubeconfigs":[]}'], ['{"kubeconfigs":[{}]}'], ['{"kubeconfigs":[{"value":""}]}'], ['{"kubeconfigs":[{"value":7}]}']])("are missing in %s: NoKubeconfig", async (body) => {
    await expect(cluster(() => ({ status: 200, body })).cluster.userKubeconfig(USER)).rejects.toMatchObject({ code: "NoKubeconfig" });
  });

  it.each([[""], ["null"], ["<html>secret</html>"], ['{"kubeconfigs":{}}'], ['{"kubeconfigs":[null]}']])("are unreadable in %j: NotAzure, and the error does not repeat the answer", async (body) => {
    const error: unknown = await cluster(() => ({ status: 200, body, headers: { "content-type": "text/html" } })).cluster.userKubeconfig(USER).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "NotAzure" });
    expect(String(error)).not.toContain("secret");
  });

  it("any JSON answer gives a kubeconfig or an ActionError", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.jsonValue().map((kubeconfigs) => ({ kubeconfigs })), fc.jsonValue().map((value) => ({ kubeconfigs: [{ value }] }))), async (body) => {
        await cluster(() => ({ status: 200, body: JSON.stringify(body) }))
          .cluster.userKubeconfig(USER)
          .catch((error: unknown) => expect(error).toBeInstanceOf(ActionError));
      }),
    );
  });
});

describe("any typed call", () => {
  it("is not sent to another origin, even if a next link leads there", async () => {
    const { context } = simulatedContext();
    const { arm, sent } = cannedArm(context, () => ({ status: 200, body: { value: [], nextLink: "https://evil.example/page" } }));
    const readAll = async (transport: Parameters<typeof containerService>[0]): Promise<void> => {
      const pages = list(containerService(transport, "s", "v")).byPage();
      while ((await pages.next()).done !== true);
    };
    await expect(arm.call({ doing: "listing", returns: "a list" }, readAll)).rejects.toThrow("evil.example");
    expect(sent).toHaveLength(1);
  });

  it("uses only the client's policies for JSON, and gives the client no token", async () => {
    const { context } = simulatedContext();
    const { arm } = cannedArm(context, () => ({ status: 200, body: {} }));
    await arm.call({ doing: "looking", returns: "a feature" }, async (transport) => {
      const client = featureClient(transport, "s");
      expect(client.pipeline.getOrderedPolicies().map(({ name }) => name)).toEqual(["serializationPolicy", "deserializationPolicy"]);
      expect(containerService(transport, "s", "v").pipeline.getOrderedPolicies()).toEqual([]);
      expect(await transport.credential.getToken("scope")).toBeNull();
      return client.features.get("p", "f");
    });
  });

  it("is not sent after the run was cancelled", async () => {
    const { flag, stop, sent } = feature(() => ({ status: 200, body: {} }));
    stop.abort(new CancelledError("SIGTERM"));
    await expect(flag.register(() => undefined)).rejects.toBeInstanceOf(CancelledError);
    expect(sent).toEqual([]);
  });
});
