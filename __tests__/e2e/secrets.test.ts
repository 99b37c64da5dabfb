/** A run discloses no secrets: everything that it prints and writes is searched for all its secrets. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JOB_TOKEN } from "../../simulator/world/github.ts";
import type { Fault, ScenarioName, Simulator } from "../../simulator/index.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { mapTexts } from "./map-texts.ts";
import { act, type Run, startWorld, type WorldOptions } from "./world.ts";

const DEBUG = { RUNNER_DEBUG: "1", ACTIONS_STEP_DEBUG: "true" };

/** Everything that a run leaves: its log without the add-mask commands, all files in its directory, and GitHub's issues. */
function resultsOf(simulator: Simulator, run: Run): string {
  const issues = JSON.stringify(simulator.world.github.issues);
  return [issues, run.log.replace(/^::add-mask::.*$/gm, ""), JSON.stringify(run.outputs), JSON.stringify(run.report), run.summary, ...Object.values(run.files)].join("\n");
}

function expectNoSecrets(simulator: Simulator, run: Run, more: readonly string[] = []): void {
  const text = resultsOf(simulator, run);
  const secrets = [...simulator.secrets(), JOB_TOKEN, ...more];
  expect(secrets.length).toBeGreaterThan(3);
  for (const secret of secrets) {
    expect(text.includes(secret), `${secret.slice(0, 40)}… is in the results of the run:\n${run.log.slice(-2000)}`).toBe(false);
    for (const form of [encodeURIComponent(secret), Buffer.from(secret).toString("base64"), Buffer.from(`client:${secret}`).toString("base64url").slice(12, -4)]) {
      expect(text.includes(form), `${secret.slice(0, 40)}… is encoded in the results of the run, as ${form.slice(0, 40)}…`).toBe(false);
    }
    // The signature of a token is secret as well.
    const signature = secret.split(".")[2] ?? "";
    if (signature.length > 40) expect(text.includes(signature)).toBe(false);
  }
}

/** Answers with the request's token and body, as a service in debug mode does. */
function echo(match: Fault["match"], status: number): Fault {
  let sent = "";
  return {
    match: (request) => {
      if (!match(request)) return false;
      sent = `${request.headers.authorization ?? ""} ${typeof request.body === "string" ? request.body : ""}`;
      return true;
    },
    get fault() {
      return { kind: "respond", status, body: { error: { code: "Echo", message: `you sent ${sent}` }, message: `you sent ${sent}`, error_description: `AADSTS50000: you sent ${sent}` } } as const;
    },
  };
}

const CLIENT_SECRET = "Kq8~s3cret+value/of=the_app";
/** An identity with its valid client secret. */
const WITH_SECRET = {
  tweak: (world: Simulator["world"]) => (world.identity.secret = CLIENT_SECRET),
  env: { ACTIONS_ID_TOKEN_REQUEST_URL: "", AZURE_CLIENT_SECRET: CLIENT_SECRET },
};

/** A secret in all encodings, without a name before it. */
function inEveryForm(secret: string): string {
  return [secret, encodeURIComponent(secret), new URLSearchParams({ "": secret }).toString().slice(1), Buffer.from(secret).toString("base64"), Buffer.from(`client:${secret}`).toString("base64url")].join(" | ");
}

/** Answers with secrets in code, message and headers. */
function repeat(match: Fault["match"], status: number, ...secrets: readonly string[]): Fault {
  const text = secrets.map(inEveryForm).join(" | ");
  const headers = { "x-ms-correlation-request-id": text, "x-ms-request-id": text, "www-authenticate": `Basic realm="${text}"`, warning: `299 - "${text}"` };
  return { match, fault: { kind: "respond", status, headers, body: { error: { code: text, message: text }, reason: text, message: text, error_description: `AADSTS7000215: ${text}` } } };
}

/** Adds secrets to properties of a successful answer that the run reports. */
function insert(match: Fault["match"], ...secrets: readonly string[]): Fault {
  const text = secrets.map(inEveryForm).join(" | ");
  const reported = ["provisioningState", "state", "message", "nodeImageVersion", "location", "name"];
  const withSecrets = (body: Json): Json => mapTexts(body, (value, key) => (reported.includes(key) ? `${value} ${text}` : value));
  return { match, fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, warning: `299 - "${text}"` }, body: withSecrets(reply.body ?? null) }) } };
}

const CASES: Readonly<Record<string, WorldOptions & { scenario?: ScenarioName; inputs?: Readonly<Record<string, string>>; env?: Readonly<Record<string, string>> }>> = {
  "a switch with a drift issue": { scenario: "fresh", inputs: { "drift-issue": "true" } },
  "a drift issue": { scenario: "reset-by-terraform", inputs: { mode: "check", "drift-issue": "true" } },
  "run commands, which contain a token": { scenario: "private", inputs: { mode: "check" } },
  "a cluster user's certificate": { tweak: (world) => (world.cluster.kubeconfig = "client-certificate") },
  "a client secret": { tweak: (world) => (world.identity.secret = "s3cret~value.of-the_app"), env: { ACTIONS_ID_TOKEN_REQUEST_URL: "", AZURE_CLIENT_SECRET: "s3cret~value.of-the_app" } },
  "a wrong client secret": { env: { ACTIONS_ID_TOKEN_REQUEST_URL: "", AZURE_CLIENT_SECRET: "s3cret~value.of-the_app" } },
  "a sign-in that is refused": { tweak: (world) => (world.github.subject = "repo:contoso/platform:pull_request") },
  "Entra that answers 500": { faults: [{ match: ({ service, method }) => service === "entra" && method === "POST", fault: { kind: "respond", status: 500 } }] },
  "Entra that repeats the assertion": { faults: [echo(({ service, method }) => service === "entra" && method === "POST", 401)] },
  "Resource Manager that repeats the token": { faults: [echo(({ service, path }) => service === "arm" && !path.startsWith("/metadata"), 400)] },
  "a PUT that repeats the token": { scenario: "flag-graduated", faults: [echo(({ method }) => method === "PUT", 400)] },
  "an API server that repeats the token": { faults: [echo(({ service }) => service === "kubernetes", 403)] },
  "GitHub that repeats the token": { scenario: "reset-by-terraform", inputs: { mode: "check", "drift-issue": "true" }, faults: [echo(({ service, path }) => service === "github" && path !== "/oidc/token", 403)] },
  "Entra that repeats the client secret without its name": { ...WITH_SECRET, faults: [repeat(({ service, method }) => service === "entra" && method === "POST", 401, CLIENT_SECRET)] },
  "Resource Manager that repeats the client secret": { ...WITH_SECRET, faults: [repeat(({ path }) => path.endsWith("/demo"), 400, CLIENT_SECRET, JOB_TOKEN)] },
  "successful answers that contain the client secret": {
    scenario: "reset-by-terraform",
    inputs: { mode: "check", "drift-issue": "true" },
    tweak: WITH_SECRET.tweak,
    env: WITH_SECRET.env,
    faults: [
      insert(({ service, path }) => (service === "arm" && (path.endsWith("/demo") || path.endsWith("/IstioCNIPreview"))) || path.startsWith("/api/v1/nodes"), CLIENT_SECRET, JOB_TOKEN),
      repeat(({ service, path }) => service === "kubernetes" && path !== "/version", 403, CLIENT_SECRET, JOB_TOKEN),
    ],
  },
  "GitHub that repeats its token without its name": { scenario: "reset-by-terraform", inputs: { mode: "check", "drift-issue": "true", "github-token": "t0ken-of.an-installation" }, faults: [repeat(({ service, path }) => service === "github" && path !== "/oidc/token", 403, "t0ken-of.an-installation")] },
  "GitHub's OIDC that repeats the request token without its name": { faults: [repeat(({ path }) => path === "/oidc/token", 403, "simulated-oidc-request-token", JOB_TOKEN)] },
  "GitHub's OIDC that repeats the request token": { faults: [echo(({ path }) => path === "/oidc/token", 403)] },
};

describe("secrets", () => {
  it.each(Object.entries(CASES))("%s, with debug logging", async (_, { scenario = "compliant", inputs = {}, env = {}, ...world }) => {
    await using simulator = await startWorld(scenario, world);
    const run = await act(simulator, inputs, { env: { ...DEBUG, ...env } });
    expect(run.log, "debug logging is on").toContain("::debug::");
    expectNoSecrets(simulator, run, [env["AZURE_CLIENT_SECRET"], inputs["github-token"]].filter((secret) => secret !== undefined));
  });

  it("are not passed to kubectl and az as arguments", async () => {
    await using simulator = await startWorld("compliant");
    const stub = (then: string): string => `#!/bin/sh\nprintf '%s\\n' "$0 $*" >> "\${0%/*}/argv"\n${then}\n`;
    using tools = temporaryFolder({
      config: simulator.kubeconfig(),
      az: stub(`echo '{"id": "${simulator.world.subscriptionId}"}'`),
      kubectl: stub('PATH=${PATH#*:} exec kubectl "$@"'),
    });
    const env = { ...DEBUG, KUBECONFIG: join(tools.path, "config"), PATH: `${tools.path}:${process.env["PATH"] ?? ""}` };
    const run = await act(simulator, { "subscription-id": "", "kube-access": "kubeconfig" }, { env });
    const argv = await readFile(join(tools.path, "argv"), "utf8");
    expect(argv).toContain("/az account show");
    expect(argv).toContain("/kubectl");
    expect(simulator.secrets().filter((secret) => argv.includes(secret))).toEqual([]);
    expectNoSecrets(simulator, run);
  });
});
