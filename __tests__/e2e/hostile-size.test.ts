/** Texts, lists, headers and nesting of any size: the results of a run stay within limits, and the run ends with a status or a clear error. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Fault, Simulator } from "../../simulator/index.ts";
import type { Reply, SimulatedRequest } from "../../simulator/lib/http.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { mapTexts } from "./map-texts.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const CORPUS = JSON.parse(readFileSync(fileURLToPath(new URL("hostile-corpus.json", import.meta.url)), "utf8")) as string[];
const DEBUG = { env: { RUNNER_DEBUG: "1" } };
/** A megabyte of the corpus. */
const HUGE = `huge ${CORPUS.join(" ")} `.repeat(2000).slice(0, MIB);

/** GitHub's limits: a body of 65,536 units, a title of 256, a summary of 1 MiB, an output of 1 MB. Limits for readability are lower. */
function expectBounded(simulator: Simulator, run: bundled.Run): void {
  const lines = run.log.split("\n");
  for (const line of lines) {
    if (!line.startsWith("::add-mask::")) expect(line.length, `a line of the log is too long: ${line.slice(0, 200)}`).toBeLessThan(13_000);
  }
  expect(lines.length, "lines of the log").toBeLessThan(1000);
  for (const { title, message } of run.annotations) expect(title.length + message.length, "an annotation is too long").toBeLessThan(4500);
  expect(run.annotations.length).toBeLessThanOrEqual(20);
  expect(Buffer.byteLength(run.summary), "the summary").toBeLessThan(MIB);
  for (const [name, value] of Object.entries(run.outputs)) {
    expect(value, `the output ${name}`).not.toMatch(/[\r\n]/);
    expect(value.length, `the output ${name}`).toBeLessThan(2000);
  }
  expect(JSON.stringify(run.report).length, "the report").toBeLessThan(4 * MIB);
  for (const { title, body, comments } of simulator.world.github.issues) {
    expect(title.length, "an issue's title").toBeLessThanOrEqual(256);
    for (const page of [body, ...comments.map((comment) => comment.body)]) expect(page.length, "an issue's page").toBeLessThanOrEqual(64 * KIB);
  }
  expect(run.signal, run.log.slice(-2000)).toBeNull();
  expect(run.report.error?.code, run.report.error?.message).not.toBe("UnexpectedError");
}

/** Appends a megabyte to the first text under two of these keys in each answer, under the next two in the next answer. Names of labels do not count. */
function enlarged(match: Fault["match"], keys: readonly string[]): Fault {
  let answers = 0;
  const change = (reply: Reply): Reply => {
    const due = new Set([0, 1].map((offset) => keys[(2 * answers + offset) % keys.length] ?? ""));
    const grown = (value: Json, key: string): Json => {
      if (typeof value === "string") return due.delete(key) ? `${value}${HUGE}` : value;
      if (Array.isArray(value)) return value.map((item) => grown(item, key));
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, grown(child ?? null, key === "labels" || key === "annotations" ? key : name)]));
    };
    if (reply.body === undefined || typeof reply.body === "string") return reply;
    answers += 1;
    return { ...reply, body: grown(reply.body, "") };
  };
  return { match, fault: { kind: "alter", change } };
}

const azure = ({ service, path }: SimulatedRequest): boolean => service === "arm" && !path.startsWith("/metadata") && !path.endsWith("/listClusterUserCredential");
const inside = ({ service }: SimulatedRequest): boolean => service === "kubernetes";
const github = ({ service, path }: SimulatedRequest): boolean => service === "github" && path !== "/oidc/token";

describe("a text of a megabyte", () => {
  it("in answers of Azure and in GitHub's issues is shortened", async () => {
    const faults = [enlarged(({ path }) => path.endsWith("/demo"), ["provisioningState", "proxyRedirectionMechanism"]), enlarged(azure, ["state", "name"]), enlarged(github, ["title", "body"])];
    await using simulator = await startWorld("reset-by-terraform", { faults });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG);
    expectBounded(simulator, run);
    expect(run.summary).toContain("more characters");
    expect(run.outputs["redirection-mechanism"]).toMatch(/^InitContainers.*more characters\)$/);
    expect(run.report.cluster.provisioningState).toMatch(/^Succeeded.*more characters\)$/s);
  });

  it("in names, labels, annotations, messages and images of the cluster is shortened", async () => {
    const keys = ["name", "message", "labels", "namespace", "annotations", "reason", "image"];
    await using simulator = await startWorld("refused-by-safeguards", { faults: [enlarged(inside, keys)] });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG);
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-2000)).toMatch(/^(?:drifted|unverified)$/);
  });

  it.each([["entra"], ["arm"], ["kubernetes", "github"]])("in errors of %s is shortened", async (...services) => {
    const body = { error: { code: HUGE, message: HUGE }, reason: HUGE, message: HUGE, error_description: HUGE };
    const error: Fault = { match: ({ service, path }) => services.includes(service) && !path.startsWith("/metadata") && path !== "/oidc/token", fault: { kind: "respond", status: 403, body } };
    await using simulator = await startWorld("reset-by-terraform", { faults: [error] });
    expectBounded(simulator, await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG));
  });
});

describe("nesting of a hundred thousand levels", () => {
  const deep = `{"access_token":${"[".repeat(100_000)}${"]".repeat(100_000)},"deep":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`;

  it.each([
    ["Entra", ({ service, method }: SimulatedRequest) => service === "entra" && method === "POST", "failed"],
    ["the cluster's body", ({ path }: SimulatedRequest) => path.endsWith("/demo"), "failed"],
    ["the feature, Kubernetes and GitHub", (request: SimulatedRequest) => request.path.endsWith("/IstioCNIPreview") || inside(request) || github(request), "drifted"],
  ] as const)("in answers about %s", async (_, match, status) => {
    await using simulator = await startWorld("reset-by-terraform", { faults: [{ match, fault: { kind: "alter", change: (reply) => ({ ...reply, body: deep }) } }] });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" });
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-3000)).toBe(status);
  });
});

describe("with little memory", () => {
  /** Enough for the action, and not for two copies of an answer of a hundred megabytes. */
  const small = (simulator: Simulator): Record<string, string> => ({ NODE_OPTIONS: `${simulator.env["NODE_OPTIONS"] ?? ""} --max-old-space-size=160` });

  it("half a million objects in one answer are counted, and only a few are listed", async () => {
    const COUNT = 500_000;
    const many = (item: string) => (reply: Reply): Reply => ({ ...reply, body: `{"kind":"List","apiVersion":"v1","metadata":{},"items":[${`${item},`.repeat(COUNT).slice(0, -1)}]}` });
    const faults: Fault[] = [
      { match: ({ path }) => path === "/api/v1/pods", fault: { kind: "alter", change: many('{"metadata":{"name":"a","namespace":"shop"}}') } },
      { match: ({ path }) => path === "/apis/apps/v1/replicasets", fault: { kind: "alter", change: many("{}") } },
    ];
    await using simulator = await bundled.startWorld("compliant", { faults });
    const run = await bundled.act(simulator, { mode: "check" }, { env: small(simulator) });
    expectBounded(simulator, run);
    expect(run.report.pods.total, run.log.slice(-2000)).toBe(COUNT);
  });

  it("an answer of a hundred megabytes is not read to its end", async () => {
    const bytes = Buffer.alloc(100 * MIB, " ");
    const faults: Fault[] = [{ match: ({ path }) => path === "/api/v1/pods", fault: { kind: "alter", change: (reply) => ({ ...reply, bytes }) } }];
    await using simulator = await bundled.startWorld("compliant", { faults });
    const run = await bundled.act(simulator, { mode: "check" }, { env: small(simulator) });
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-2000)).toBe("unverified");
    expect(run.summary).toContain("AnswerTooLong");
  });
});

describe("large numbers", () => {
  it("of namespaces, warnings and headers do not add many requests", async () => {
    const headers = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`x-header-${index}`, "1"]));
    const warning = Array.from({ length: 120 }, (_, index) => `299 - "warning ${index}"`);
    const faults: Fault[] = [
      { match: (request) => azure(request), fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, ...headers } }) } },
      { match: inside, fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, warning } }) } },
    ];
    await using simulator = await bundled.startWorld("compliant", {
      faults,
      tweak: ({ kubernetes }) => {
        const shop = kubernetes.namespaces.find(({ name }) => name === "shop");
        if (shop !== undefined) for (let index = 0; index < 10_000; index += 1) kubernetes.namespaces.push({ ...shop, name: `shop-${index}` });
      },
    });
    const run = await bundled.act(simulator, { mode: "check" });
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-2000)).toBe("compliant");
    expect(simulator.requestLog.of("kubernetes").length, "requests to the API server").toBeLessThan(150);
  });

  it("of bytes in headers make the answer unusable", async () => {
    const headers = { "x-long": "x".repeat(100_000) };
    await using simulator = await bundled.startWorld("compliant", { faults: [{ match: ({ path }) => path.endsWith("/demo"), fault: { kind: "alter", change: (reply) => ({ ...reply, headers }) } }] });
    const run = await bundled.act(simulator, { mode: "check" });
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-2000)).toBe("failed");
    expect(run.report.error?.code).not.toBe("UnexpectedError");
  });
});

describe("invalid UTF-8", () => {
  /** Replaces each mark: overlong, beyond Unicode, half a character, without start, without end. */
  const INVALID = Buffer.from([0xc0, 0x80, 0xff, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0x80, 0xe2, 0x82]).toString("latin1");
  const kept = new Set(["eTag", "continue", "access_token", "value", "resourceVersion", "kind", "apiVersion", "type", "status"]);
  const withMarks = (value: Json): Json => mapTexts(value, (text, key) => (kept.has(key) ? text : `${text}\u00a7`));
  const garbled = (reply: Reply): Reply => ({ ...reply, bytes: Buffer.from(Buffer.from(JSON.stringify(withMarks(reply.body ?? null))).toString("latin1").replaceAll("\u00c2\u00a7", INVALID), "latin1") });

  it.each([
    ["Azure", "reset-by-terraform", azure],
    ["the cluster and GitHub", "stale-pods", (request: SimulatedRequest) => inside(request) || github(request)],
  ] as const)("in answers of %s does not reach the log or the summary", async (_, scenario, match) => {
    await using simulator = await startWorld(scenario, { faults: [{ match, fault: { kind: "alter", change: garbled } }] });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" });
    expectBounded(simulator, run);
    expect(`${run.log}${run.summary}`).not.toMatch(/[\u0080-\u009f\p{Cs}]/u);
  });
});

describe("the PUT", () => {
  it("contains prototype keys, half characters and a megabyte of text unchanged", async () => {
    const strange = `"__proto__":{"polluted":"\\ud800\\u0000"},"constructor":{"prototype":{"polluted":1.10}},"prototype":[{"__proto__":null}],`;
    let written = false;
    let read: Json = null;
    const faults: Fault[] = [
      {
        match: ({ method, path }) => path.endsWith("/demo") && method === "GET" && !written,
        fault: {
          kind: "alter",
          change: (reply) => {
            const body = JSON.stringify(reply.body).replaceAll('{"', `{${strange}"`).replace('"tags":{', () => `"tags":{"huge":${JSON.stringify(HUGE)},`);
            read = JSON.parse(body) as Json;
            return { ...reply, body };
          },
        },
      },
      { match: ({ method }) => method === "PUT" && (written = true), fault: { kind: "respond", status: 400, body: { error: { code: "BadRequest", message: "no" } } } },
    ];
    await using simulator = await startWorld("flag-graduated", { faults });
    const run = await act(simulator, { mode: "apply" });
    expectBounded(simulator, run);
    const sent = simulator.requestLog.of("arm", "PUT");
    expect(sent, run.log.slice(-2000)).toHaveLength(1);
    expect(missing(read, sent[0]?.body ?? null, "")).toEqual([]);
    expect(JSON.stringify(sent[0]?.body).match(/__proto__/g)?.length).toBeGreaterThan(20);
  });

  it("is not sent where the cluster contains invalid UTF-8, which could not be written back", async () => {
    const broken = (reply: Reply): Reply => ({ ...reply, bytes: Buffer.from(JSON.stringify(reply.body).replace('"tags":{', '"tags":{"team":"\u00ff",'), "latin1") });
    await using simulator = await startWorld("flag-graduated", { faults: [{ match: ({ method, path }) => method === "GET" && path.endsWith("/demo"), fault: { kind: "alter", change: broken } }] });
    const run = await act(simulator, { mode: "apply" });
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "false" });
    expect(run.report.error?.message).toContain("not a managed cluster");
    expect(simulator.requestLog.of("arm", "PUT")).toEqual([]);
  });

  it("is not reported as a change where a refusal arrives as an empty 200", async () => {
    await using simulator = await startWorld("forbidden", { faults: [{ match: ({ method, path }) => method === "PUT" && path.endsWith("/demo"), fault: { kind: "alter", change: () => ({ status: 200, body: "" }) } }] });
    const run = await act(simulator, { mode: "apply" });
    expect(run.outputs, run.log).toMatchObject({ status: "failed", changed: "false" });
    expect(run.report.error?.message).toContain("the cluster has InitContainers");
  });

  /** The paths that were read and not written, except for those that the API declares read-only. */
  function missing(read: Json, sent: Json, path: string): string[] {
    if (typeof read !== "object" || read === null) return read === sent || path.endsWith("proxyRedirectionMechanism") ? [] : [path];
    if (typeof sent !== "object" || sent === null) return [path];
    const of = (value: object): ReadonlyMap<string, Json> => new Map(Object.entries(value) as [string, Json][]);
    const theirs = of(sent);
    return [...of(read)].flatMap(([key, child]) => {
      const at = `${path}.${key}`;
      const has = theirs.get(key);
      if (has === undefined) return READ_ONLY.test(at) ? [] : [at];
      return missing(child, has, at);
    });
  }
  const READ_ONLY = /^\.name$|\.(?:id|type|eTag|systemData|principalId|clientId|tenantId|provisioningState|powerState|maxAgentPools|currentKubernetesVersion|currentOrchestratorVersion|fqdn|privateFQDN|azurePortalFQDN|resourceUID|effectiveOutboundIPs|issuerURL|identity)$/;
});
