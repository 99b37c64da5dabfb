/** The targets of requests: only the selected cloud, its cluster and GitHub, through the configured proxy. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { Fault, FaultKind } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { startProxy } from "./connect-proxy.ts";
import { act, annotated, startWorld } from "./world.ts";

const port = (origin: string): string => new URL(origin).port;

describe("proxies", () => {
  it("HTTPS_PROXY applies to all clients: Resource Manager, Entra, the API server with its own authority, GitHub and its OIDC", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { endpoints, env } = simulator;
    const proxy = await startProxy();
    const run = await act(simulator, { mode: "check", "drift-issue": "true" }, {
      env: {
        HTTPS_PROXY: proxy.url,
        GITHUB_API_URL: endpoints.github,
        // The toolkit's client never uses a proxy for a host called localhost.
        ACTIONS_ID_TOKEN_REQUEST_URL: (env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "").replace("localhost", "github.localhost"),
      },
    });
    proxy.close();
    expect(run.outputs, run.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    expect(run.log).toContain("Kubernetes: direct");
    const { arm, entra, kubernetes, github } = endpoints;
    expect([...new Set(proxy.targets)].sort()).toEqual([...[arm, entra, kubernetes, github].map((origin) => `localhost:${port(origin)}`), `github.localhost:${port(github)}`].sort());
  });

  it("HTTPS_PROXY applies to a login with a client certificate", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.cluster.kubeconfig = "client-certificate") });
    const proxy = await startProxy();
    const run = await act(simulator, {}, { env: { HTTPS_PROXY: proxy.url } });
    proxy.close();
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(proxy.targets).toContain(`localhost:${port(simulator.endpoints.kubernetes)}`);
  });

  it("NO_PROXY excludes hosts", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, {}, { env: { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "localhost" } });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("tokens", () => {
  it("are sent only to the service of their audience", async () => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "drift-issue": "true" });
    expect(run.outputs["status"], run.log).toBe("changed");
    const tokensOf = (service: "arm" | "kubernetes" | "entra"): unknown[] => [...new Set(simulator.requestLog.of(service).map(({ headers }) => headers.authorization))];
    const [arm = ""] = tokensOf("arm").filter((value) => value !== undefined) as string[];
    expect(arm).toMatch(/^Bearer https:/);
    expect(tokensOf("arm").sort(), "only the metadata is requested without a token").toEqual([arm, undefined]);
    expect(tokensOf("kubernetes")).toEqual(["Bearer 6dae42f8-4368-4678-94ff-3960e28e3630"]);
    expect(tokensOf("entra")).toEqual([undefined]);
  });

  /** A server that counts connections. */
  async function countingServer(): Promise<{ origin: string; connections: () => number; close: () => void }> {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections, close: () => server.close() };
  }

  const redirects: readonly (readonly [string, Fault["match"], (elsewhere: string) => FaultKind])[] = [
    ["a redirect of Resource Manager", ({ service, path }) => service === "arm" && path.endsWith("/managedClusters/demo"), (location) => ({ kind: "redirect", location })],
    ["a redirect of the API server", ({ service }) => service === "kubernetes", (location) => ({ kind: "redirect", location })],
    ["a redirect of the sign-in", ({ service }) => service === "entra", (location) => ({ kind: "redirect", location })],
    ["a redirect of GitHub's API", ({ service, path }) => service === "github" && path !== "/oidc/token", (location) => ({ kind: "redirect", location })],
    [
      "an operation's address",
      ({ service, method }) => service === "arm" && method === "PUT",
      (elsewhere) => ({ kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, "azure-asyncoperation": `${elsewhere}/operations/1` } }) }),
    ],
    [
      "the result of a run command",
      ({ path }) => path.endsWith("/runCommand"),
      (elsewhere) => ({ kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, location: `${elsewhere}/commandResults/1` } }) }),
    ],
  ];

  it.each(redirects)("are not sent to another server by %s", async (name, match, fault) => {
    const elsewhere = await countingServer();
    await using simulator = await startWorld("flag-graduated", { faults: [{ match, fault: fault(elsewhere.origin) }] });
    // Only for the run command itself: in other cases kubectl would follow the redirect inside the cluster.
    const run = await act(simulator, { "drift-issue": "true", ...(name.includes("run command") ? { "kube-access": "run-command", mode: "plan" } : {}) });
    elsewhere.close();
    expect(elsewhere.connections(), run.log).toBe(0);
  });
});

describe("before the first request, the run refuses", () => {
  it.each([
    ["another subscription", { "allowed-subscriptions": "00000000-0000-0000-0000-000000000001" }, {}, "allowed-subscriptions: does not hold"],
    ["an invalid list of subscriptions", { "allowed-subscriptions": "production" }, {}, "allowed-subscriptions:"],
    ["Resource Manager over plain HTTP", { "azure-environment": "http://localhost:1" }, {}, "azure-environment:"],
    ["disabled TLS verification", {}, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }, "NODE_TLS_REJECT_UNAUTHORIZED"],
  ])("%s", async (_, inputs, env, words) => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, inputs, { env });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain(words);
    expect(simulator.requestLog.entries).toEqual([]);
  });

  it("the Azure CLI's current subscription, where allowed-subscriptions does not contain it", async () => {
    await using simulator = await startWorld("fresh");
    using tools = temporaryFolder({ az: `#!/bin/sh\necho '{"id": "${simulator.world.subscriptionId}"}'\n` });
    const PATH = `${tools.path}:${process.env["PATH"] ?? ""}`;
    const run = await act(simulator, { "subscription-id": "", "allowed-subscriptions": "00000000-0000-0000-0000-000000000001" }, { env: { PATH } });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.report.error?.code).toBe("SubscriptionNotAllowed");
    expect(annotated(run, "error")[0]).toContain(`allowed-subscriptions does not hold ${simulator.world.subscriptionId}, the Azure CLI's current subscription.`);
    expect(simulator.requestLog.entries).toEqual([]);
    // With its subscription allowed, the same session is used.
    const allowed = await act(simulator, { mode: "plan", "subscription-id": "", "allowed-subscriptions": simulator.world.subscriptionId }, { env: { PATH } });
    expect(allowed.outputs["status"], allowed.log).toBe("drifted");
  });

  it("no subscription that allowed-subscriptions contains, in any case", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { "allowed-subscriptions": `00000000-0000-0000-0000-000000000001,\n${simulator.world.subscriptionId.toUpperCase()}` });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("an answer that is too long", () => {
  it.each([
    ["of the API server", "/api/v1/pods", "unverified"],
    ["of Resource Manager", "/managedClusters/demo", "failed"],
  ])("%s is not read to its end", async (_, path, status) => {
    const long: Fault = { match: (request) => request.path.endsWith(path) && request.service !== "entra", fault: { kind: "alter", change: () => ({ status: 200, body: " ".repeat(40_000_000) }) } };
    await using simulator = await startWorld("compliant", { faults: [long] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe(status);
    expect(`${run.summary}${JSON.stringify(run.report)}`).toContain("AnswerTooLong");
  });
});
