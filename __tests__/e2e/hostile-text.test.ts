/** Text from Azure, the API server, GitHub and the inputs is never executed, never becomes a workflow command or markup, and never breaks a run. */
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import markdownIt from "markdown-it";
import { afterAll, describe, expect, it } from "vitest";
import type { Fault, ScenarioName, Simulator } from "../../simulator/index.ts";
import type { Reply, SimulatedRequest } from "../../simulator/lib/http.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { JOB_TOKEN, pullRequest } from "../../simulator/world/github.ts";
import { OUTPUT_NAMES } from "../../src/github/outputs.ts";
import { act, startWorld } from "./in-process.ts";
import { type Run } from "./world.ts";

/** The file that an injected shell command would create. */
const MARKER = join(tmpdir(), `pwned-${process.pid}`);
const CORPUS = (JSON.parse(readFileSync(fileURLToPath(new URL("hostile-corpus.json", import.meta.url)), "utf8")) as string[]).map((text) => text.replaceAll("{marker}", MARKER));

/** A random number generator with a seed. Source: Numerical Recipes. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Unchanged, since otherwise the run would end before it reads anything. */
const KEPT = new Set(["type", "eTag", "continue", "kubeconfigs", "access_token", "value"]);

/** Replaces or extends about one text in `every`, and adds properties with hostile names and long texts. */
function poisoned(value: Json, random: (below: number) => number, every: number, key = ""): Json {
  if (typeof value === "string") {
    if (KEPT.has(key) || random(every) > 0) return value;
    const text = CORPUS[random(CORPUS.length)] ?? "";
    return random(2) === 0 ? text : `${value}${text}`;
  }
  if (Array.isArray(value)) return value.map((item) => poisoned(item, random, every, key));
  if (typeof value !== "object" || value === null) return random(every * 4) === 0 ? "instead" : value;
  const entries = Object.entries(value).map(([name, child]): [string, Json] => [name, poisoned(child ?? null, random, every, name)]);
  if (random(every * 2) === 0) entries.push([CORPUS[random(CORPUS.length)] ?? "", "x".repeat(20_000)]);
  return Object.fromEntries(entries);
}

function poison(seed: number, match: Fault["match"], every: number): Fault {
  const random = numbers(seed);
  return {
    match,
    fault: {
      kind: "alter",
      change: (reply: Reply) => {
        if (reply.body === undefined || typeof reply.body === "string") return reply;
        const body = JSON.stringify(poisoned(reply.body, random, every));
        // Prototype keys and deep nesting can only be added to the text.
        const deep = `${"[".repeat(400)}${"]".repeat(400)}`;
        return { ...reply, body: body.startsWith("{") ? `{"__proto__":{"status":"compliant"},"constructor":{"prototype":{"polluted":true}},"deep":${deep},${body.slice(1)}` : body };
      },
    },
  };
}

const OWN = /^::(?:group::|endgroup::|debug::|add-mask::|(?:error|warning) title=[^:]*::)/;
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const TAGS = new Set("h1 h2 h3 h4 h5 h6 p table thead tbody tr th td code pre details summary ul ol li strong em br blockquote a sub hr b i".split(" "));

/** The number of runs whose log or summary contains hostile text: without any, these tests prove nothing. */
let shown = 0;
afterAll(() => {
  expect(shown).toBeGreaterThan(10);
});

function expectInert(simulator: Simulator, run: Run): void {
  if (/pwned|evil/.test(`${run.log}${run.summary}`)) shown += 1;
  const lines = run.log.split(/\r\n|\r|\n/);
  for (const line of lines) {
    if (/^[\s\p{Cf}]*::/u.test(line)) expect(line, "a workflow command that the action did not write").toMatch(OWN);
    expect(line).not.toContain("##[");
    expect(line, "an invisible character in the log").not.toMatch(UNSEEN);
    expect(line).not.toMatch(/^::(?:error|warning) title=pwned/);
    const masked = /^::add-mask::(.*)$/.exec(line)?.[1];
    if (masked !== undefined) expect([...simulator.secrets().map((secret) => secret.replaceAll("\n", "%0A")), JOB_TOKEN].some((secret) => secret.includes(masked) || masked.includes("PRIVATE%20KEY") || masked.includes("PRIVATE KEY")), "masks only secrets").toBe(true);
  }
  expect(Object.keys(run.outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
  for (const value of Object.values(run.outputs)) expect(value).not.toMatch(/[\r\n]/);
  const pages = [run.summary, ...simulator.world.github.issues.flatMap(({ body, comments }) => [body, ...comments.map((comment) => comment.body)])];
  for (const page of pages) {
    const html = markdownIt({ html: true, linkify: true }).render(page);
    for (const [, tag = ""] of html.matchAll(/<\/?([a-z][\w-]*)/gi)) expect([...TAGS], `in ${html.slice(0, 300)}`).toContain(tag.toLowerCase());
    for (const [, href = ""] of html.matchAll(/(?:href|src)="([^"]*)"/g)) expect(href).not.toMatch(/evil|javascript|octocat/);
    expect(html).not.toMatch(/<h[1-6]>pwned|<[^>]+\son\w+=/);
  }
  expect(run.summary.length).toBeLessThan(1024 * 1024);
  expect(JSON.stringify(run.report).length, "the report is not too long").toBeLessThan(2 * 1024 * 1024);
  expect(run.report.error?.code, run.report.error?.message).not.toBe("UnexpectedError");
  expect(existsSync(MARKER), "a shell executed data").toBe(false);
}

const everything = ({ service, path }: SimulatedRequest): boolean => (service === "kubernetes" || service === "arm") && !path.startsWith("/metadata");
const inside = ({ service }: SimulatedRequest): boolean => service === "kubernetes";

const ROUNDS: readonly (readonly [string, ScenarioName, Readonly<Record<string, string>>, Fault["match"], number])[] = [
  ["all answers, often", "reset-by-terraform", { mode: "check", "drift-issue": "true" }, everything, 5],
  ["all answers, rarely", "canary", { mode: "plan", "pr-comment": "true" }, everything, 60],
  ["answers of the API server, often", "stale-pods", { mode: "check", "drift-issue": "true" }, inside, 4],
  ["answers of the API server, rarely", "refused-by-safeguards", { mode: "check", "drift-issue": "true" }, inside, 40],
  ["the cluster's body, during the switch", "flag-graduated", { mode: "apply", "timeout-minutes": "5" }, ({ service, path, method }) => service === "arm" && method === "GET" && path.endsWith("/demo"), 60],
];

describe.each(ROUNDS)("hostile text in %s", (_, scenario, inputs, match, every) => {
  it.each([1, 2, 3, 4])("seed %i", async (seed) => {
    await using simulator = await startWorld(scenario, { faults: [poison(seed, match, every)], tweak: ({ github, startedAt }) => github.issues.push(pullRequest(7, "octocat", startedAt)) });
    const repository = { repo: { full_name: "contoso/platform" } };
    const event = { name: "pull_request", payload: { pull_request: { number: 7, state: "open", head: repository, base: repository } } };
    const run = await act(simulator, inputs, { env: { RUNNER_DEBUG: "1" }, event });
    expectInert(simulator, run);
    if (inputs["pr-comment"] === "true") expect(simulator.world.github.issues[0]?.comments, run.log).toHaveLength(1);
  });
});

describe("hostile text", () => {
  it("in names that run commands query stays one argument of the shell", async () => {
    const names = CORPUS.filter((text) => text.includes(MARKER));
    await using simulator = await startWorld("private", {
      tweak: (world) => {
        const [first] = world.kubernetes.namespaces.filter(({ name }) => name === "shop");
        world.kubernetes.namespaces.push(...names.map((name) => ({ ...structuredClone(first!), name })));
      },
    });
    expectInert(simulator, await act(simulator, { mode: "check" }));
  });

  it.each(["arm", "entra", "kubernetes", "github"] as const)("in errors of %s", async (service) => {
    let at = 0;
    const next = (): string => CORPUS.slice((at += 7) % CORPUS.length).join(" ");
    const errors: Fault = {
      match: (request) => request.service === service && request.path !== "/metadata/endpoints",
      get fault() {
        const message = next();
        return { kind: "respond", status: 403, headers: { "x-ms-correlation-request-id": "pwned<b>" }, body: { error: { code: message, message }, reason: message, message, error_description: message } } as const;
      },
    };
    await using simulator = await startWorld("reset-by-terraform", { faults: [errors] });
    expectInert(simulator, await act(simulator, { mode: "check", "drift-issue": "true" }));
  });

  it("in inputs", async () => {
    await using simulator = await startWorld("compliant");
    for (const name of ["cluster", "resource-group", "mode", "namespaces", "azure-environment", "kube-access", "tenant-id"]) {
      const text = CORPUS.filter((piece) => !piece.includes("\0")).join(name === "namespaces" ? "," : " ");
      const run = await act(simulator, { [name]: text });
      expect(run.exitCode).toBe(1);
      expectInert(simulator, run);
    }
    expect(simulator.requestLog.entries).toEqual([]);
  });
});
