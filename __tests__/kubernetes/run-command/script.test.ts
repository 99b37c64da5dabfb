/** Generated commands, run by the real /bin/sh and jq with a stub of kubectl. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ActionError } from "../../../src/lib/errors.ts";
import { getCall, writeCall } from "../../../src/kubernetes/kubectl/arguments.ts";
import { listPath } from "../../../src/kubernetes/paging.ts";
import { projectionFor } from "../../../src/kubernetes/run-command/projections.ts";
import { List, type Write } from "../../../src/kubernetes/query.ts";
import { readerRight } from "../../../src/kubernetes/required-roles.ts";
import { compile, MAX_COMMAND, OUTPUT_BUDGET, type ScriptFrame, type ScriptRequest } from "../../../src/kubernetes/run-command/script.ts";
import { readOutput } from "../../../src/kubernetes/run-command/script-output.ts";
import { quote } from "../../../src/kubernetes/run-command/shell.ts";
import { NO_JQ, runInShell, stubKubectl, WHY_NO_JQ } from "./shell.ts";
import { temporaryFolder } from "../../../simulator/lib/temporary-folder.ts";
import { anyCharacter } from "../../any-character.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const FRAME: ScriptFrame = { nonce: NONCE, budget: OUTPUT_BUDGET, pageSize: 250 };
const needs = readerRight("read");

/** Hostile texts, for every value that a user of the cluster can choose. */
const HOSTILE = [
  "$(touch pwned)",
  "`touch pwned`",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "\n touch pwned\n",
  "%s%n\\n\\0",
  "\\",
  `\n${NONCE} end 0 0\n`,
  `${NONCE} answer 0 0 0 0 plain . .`,
  "* ? [a-z]",
  "::error::x",
  "ü\u2028\u0000\u0007",
  "-n",
  "--kubeconfig=/etc/passwd",
];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string(), fc.string({ unit: anyCharacter }));

const list = (path = "/api/v1/pods"): ScriptRequest => ({ kind: "list", path: `${path}?limit=`, continueToken: "", filter: projectionFor("anything") });
const create = (body: unknown, path = "/api/v1/namespaces/shop/pods"): Write => ({ doing: "writing", verb: "create", path, dryRun: true, body, needs });

describe("a shell word", () => {
  it("is exactly the text", () => {
    const check = fc.property(fc.array(hostile.filter((text) => !text.includes("\0"))), (texts) => {
      const printed = execFileSync("/bin/sh", ["-c", `for a in ${texts.map(quote).join(" ")}; do printf '%s\\001' "$a"; done`]).toString();
      expect(printed).toBe(texts.map((text) => `${Buffer.from(text).toString()}\u0001`).join(""));
    });
    fc.assert(check, { numRuns: 50 });
  });

  it("cannot contain a NUL", () => {
    expect(() => quote("a\0b")).toThrow(RangeError);
  });
});

describe("names that Kubernetes does not accept", () => {
  it.each([...HOSTILE.map((text) => `/api/v1/namespaces/${text}/pods`), "/api/v1/namespaces/../../version", "/api/v1/pods?x=1", "pods", "/api/v1/Pods", "/api/v1/namespaces/-a/pods", "/apis/x y/v1/z"])(
    "never reach a command: %j",
    (path) => {
      const query = new List({ doing: "listing", paths: [path], needs }, () => ({ add: () => undefined, result: () => 0 }));
      for (const attempt of [() => listPath(query, path), () => getCall(path, "getting"), () => writeCall(create({}, path))]) {
        expect(attempt).toThrow(ActionError);
        expect(attempt).toThrow("contains a name that Kubernetes does not accept");
      }
    },
  );

  it("include selectors that are not URL-encoded", () => {
    const query = new List({ doing: "listing", paths: ["/api/v1/pods"], selectors: "labelSelector=a b';x", needs }, () => ({ add: () => undefined, result: () => 0 }));
    expect(() => listPath(query, "/api/v1/pods")).toThrow(ActionError);
  });
});

describe.skipIf(NO_JQ)(`a command${WHY_NO_JQ}`, () => {
  it("runs no text from the cluster, and its output cannot be forged by it", async () => {
    const item = fc.record({ metadata: fc.record({ name: hostile, labels: fc.dictionary(hostile, hostile) }), message: hostile });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 5 }), hostile, hostile, fc.boolean(), async (items, stderr, token, isRefused) => {
        using folder = temporaryFolder();
        // The stub returns the same token for ever, so one page is enough.
        const body = isRefused ? "" : JSON.stringify({ metadata: { continue: token }, items });
        const environment = stubKubectl(folder.path, { stdout: body, stderr, exitCode: isRefused ? 1 : 0 });
        mkdirSync(join(folder.path, "cwd"));
        const command = compile([list(), { kind: "write", call: writeCall(create(items)), filter: "." }], FRAME).replace("pages=80", "pages=1");
        const { logs, exitCode } = await runInShell(command, environment, join(folder.path, "cwd"));
        expect(exitCode).toBe(0);
        expect(readdirSync(join(folder.path, "cwd"))).toEqual([]);
        expect(existsSync(join(folder.path, "pwned"))).toBe(false);
        expect(readFileSync(join(folder.path, "stdin"), "utf8")).toBe(Buffer.from(JSON.stringify(items)).toString());
        const output = readOutput(logs, NONCE, 2);
        // A token with characters that are never URL-encoded makes the output unusable. All other output can be read.
        if (output.kind !== "complete") {
          expect(encodeURIComponent(token)).toMatch(/[^A-Za-z0-9%._~-]/);
          return;
        }
        const [first] = output.answers;
        if (first?.kind !== "answer") throw new Error(`${first?.kind ?? "nothing"} is not an answer`);
        expect(first.exitCode).toBe(isRefused ? 1 : 0);
        if (!isRefused) expect(first.objects).toEqual(JSON.parse(Buffer.from(JSON.stringify(items)).toString()));
        expect(first.stderr.length).toBeLessThanOrEqual(4000);
      }),
      { numRuns: 40 },
    );
  });

  it("passes arguments to kubectl unchanged", async () => {
    using folder = temporaryFolder();
    const body = { metadata: { annotations: { a: HOSTILE.join(" ") } } };
    const patch: Write = { doing: "patching", verb: "patch", path: "/apis/apps/v1/namespaces/shop/deployments/web.v2", dryRun: true, body, needs };
    const environment = stubKubectl(folder.path, { stdout: "{}" });
    await runInShell(compile([{ kind: "write", call: writeCall(patch), filter: "." }], FRAME), environment, folder.path);
    expect(readFileSync(join(folder.path, "arguments"), "utf8").split("\n").slice(0, -1)).toEqual([
      "patch",
      "deployments.v1.apps",
      "web.v2",
      "--namespace=shop",
      "--type=merge",
      `--patch=${JSON.stringify(body)}`,
      "--field-manager=istio-cni-aks",
      "--dry-run=server",
      "--output=json",
      "--request-timeout=60s",
    ]);
  });

  it("stops within its budget and returns where, also without gzip", async () => {
    using folder = temporaryFolder();
    const items = Array.from({ length: 50 }, (_, index) => ({ name: `x${index}`, filler: "y".repeat(1000) }));
    stubKubectl(folder.path, { stdout: JSON.stringify({ metadata: { continue: "next" }, items }) });
    for (const program of ["jq", "cat"]) symlinkSync(execFileSync("sh", ["-c", `command -v ${program}`]).toString().trim(), join(folder.path, program));
    const { logs } = await runInShell(compile([list(), list()], FRAME), { STUB: folder.path, PATH: folder.path });
    expect(logs.length).toBeLessThan(OUTPUT_BUDGET);
    const output = readOutput(logs, NONCE, 2);
    if (output.kind !== "complete") throw new Error(JSON.stringify(output));
    expect(output.answers.filter(({ kind }) => kind === "answer")).toHaveLength(9);
    expect(output.answers.slice(-2)).toEqual([
      { kind: "deferred", id: 0, continueToken: "next" },
      { kind: "deferred", id: 1, continueToken: "" },
    ]);
    expect(logs).not.toContain("gzip");
  });

  it("reports a single object that is too long", async () => {
    using folder = temporaryFolder();
    const environment = stubKubectl(folder.path, { stdout: JSON.stringify({ metadata: {}, items: [{ filler: Array.from({ length: 3000 }, () => Math.random().toString(36)).join("") }] }) });
    const { logs } = await runInShell(compile([list()], { ...FRAME, budget: 5000 }), environment);
    expect(readOutput(logs, NONCE, 1)).toEqual({ kind: "complete", answers: [{ kind: "too-large", id: 0 }] });
  });

  it("defers a write whose response may exceed the budget", async () => {
    using folder = temporaryFolder();
    const environment = stubKubectl(folder.path, { stdout: "{}" });
    const { logs } = await runInShell(compile([{ kind: "write", call: writeCall(create({})), filter: "." }], { ...FRAME, budget: 5000 }), environment);
    expect(readOutput(logs, NONCE, 1)).toEqual({ kind: "complete", answers: [{ kind: "deferred", id: 0, continueToken: "" }] });
    expect(existsSync(join(folder.path, "arguments"))).toBe(false);
  });

  it.each([["{"], ["not JSON"], [""], ["[]"], ['"x"'], ['{"items":{}}'], ['{"a":1}'], ['{"items":[]}{"items":[]}garbage']])("reports output of kubectl that cannot be read: %j", async (stdout) => {
    using folder = temporaryFolder();
    const { logs } = await runInShell(compile([list()], FRAME), stubKubectl(folder.path, { stdout }));
    expect(readOutput(logs, NONCE, 1)).toEqual({ kind: "complete", answers: [{ kind: "unreadable", id: 0 }] });
  });

  it("reports a missing program", async () => {
    using folder = temporaryFolder();
    const { logs, exitCode } = await runInShell(compile([list()], FRAME), { PATH: folder.path });
    expect(exitCode).toBe(0);
    expect(readOutput(logs, NONCE, 1)).toEqual({ kind: "missing-program", program: "kubectl" });
  });

  it("works in other shells and with other settings", async () => {
    using folder = temporaryFolder();
    const environment = stubKubectl(folder.path, { stdout: JSON.stringify({ metadata: {}, items: [{ a: "é" }] }), stderr: "Warning: é", exitCode: 0 });
    for (const shell of ["bash --norc -c", "bash --norc -euo pipefail -c", "bash --norc --posix -c", "dash -eu -c"]) {
      if ((await runInShell(`command -v ${shell.split(" ")[0] ?? ""}`)).exitCode !== 0) continue;
      const { logs } = await runInShell(`${shell} ${quote(compile([list()], FRAME))}`, { ...environment, LC_ALL: "C.UTF-8" });
      expect(readOutput(logs, NONCE, 1), shell).toEqual({ kind: "complete", answers: [{ kind: "answer", id: 0, name: "", exitCode: 0, objects: [{ a: "é" }], continueToken: "", stderr: "Warning: é" }] });
    }
  });

  it("is one line, and much shorter than an argument of a program can be", () => {
    const resources = ["pods", "replicasets", "namespaces", "nodes", "events", "configmaps", "mutatingwebhookconfigurations", "deployments"];
    const command = compile(
      resources.map((resource) => ({ kind: "list", path: `/api/v1/${resource}?limit=`, continueToken: "x".repeat(500), filter: projectionFor(resource) })),
      FRAME,
    );
    expect(command).not.toMatch(/[\n\r]/);
    expect(command.length).toBeLessThan(MAX_COMMAND / 3);
  });
});
