/** Texts, lists, headers and nestings of any size: what a run tells stays within its limits, and the run ends with a verdict or in words. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Fault, Simulator } from "../../simulator/index.ts";
import type { Reply, SimulatedRequest } from "../../simulator/http.ts";
import type { Json } from "../../simulator/json.ts";
import { act, type Run, startWorld } from "./world.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const CORPUS = JSON.parse(readFileSync(fileURLToPath(new URL("hostile-corpus.json", import.meta.url)), "utf8")) as string[];
const DEBUG = { env: { RUNNER_DEBUG: "1" } };
/** A megabyte of everything in the corpus. */
const HUGE = `huge ${CORPUS.join(" ")} `.repeat(2000).slice(0, MIB);

/** What GitHub takes: a body of 65,536 units, a title of 256, a summary of 1 MiB, an output of 1 MB. What a person takes is less. */
function expectBounded(simulator: Simulator, run: Run): void {
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

/** In each answer the first text under two of these keys becomes huge, under other keys in the next one; names of labels do not count. */
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

describe("a megabyte", () => {
  it("for the words of Azure, and of GitHub's issues", async () => {
    const faults = [enlarged(({ path }) => path.endsWith("/demo"), ["provisioningState", "proxyRedirectionMechanism"]), enlarged(azure, ["state", "name"]), enlarged(github, ["title", "body"])];
    await using simulator = await startWorld("reset-by-terraform", { faults });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG);
    expectBounded(simulator, run);
    expect(run.summary).toContain("more characters");
    expect(run.outputs["redirection-mechanism"]).toMatch(/^InitContainers.*more characters\)$/);
    expect(run.report.cluster.provisioningState).toMatch(/^Succeeded.*more characters\)$/s);
  });

  it("for names, labels, annotations, messages and images in the cluster", async () => {
    const keys = ["name", "message", "labels", "namespace", "annotations", "reason", "image"];
    await using simulator = await startWorld("refused-by-safeguards", { faults: [enlarged(inside, keys)] });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG);
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-2000)).toMatch(/^(?:drifted|unverified)$/);
  });

  it.each([["entra"], ["arm"], ["kubernetes", "github"]])("in the errors of %s", async (...services) => {
    const body = { error: { code: HUGE, message: HUGE }, reason: HUGE, message: HUGE, error_description: HUGE };
    const error: Fault = { match: ({ service, path }) => services.includes(service) && !path.startsWith("/metadata") && path !== "/oidc/token", fault: { kind: "respond", status: 403, body } };
    await using simulator = await startWorld("reset-by-terraform", { faults: [error] });
    expectBounded(simulator, await act(simulator, { mode: "check", "drift-issue": "true" }, DEBUG));
  });
});

describe("a hundred thousand levels", () => {
  const deep = `{"access_token":${"[".repeat(100_000)}${"]".repeat(100_000)},"deep":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`;

  it.each([
    ["Entra", ({ service, method }: SimulatedRequest) => service === "entra" && method === "POST", "failed"],
    ["the cluster's body", ({ path }: SimulatedRequest) => path.endsWith("/demo"), "failed"],
    ["the feature, of Kubernetes and of GitHub", (request: SimulatedRequest) => request.path.endsWith("/IstioCNIPreview") || inside(request) || github(request), "drifted"],
  ] as const)("in answers about %s", async (_, match, status) => {
    await using simulator = await startWorld("reset-by-terraform", { faults: [{ match, fault: { kind: "alter", change: (reply) => ({ ...reply, body: deep }) } }] });
    const run = await act(simulator, { mode: "check", "drift-issue": "true" });
    expectBounded(simulator, run);
    expect(run.outputs["status"], run.log.slice(-3000)).toBe(status);
  });
});
