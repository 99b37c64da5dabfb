/** Where the requests go: to the chosen cloud, its cluster and GitHub, through the proxy that is set, and nowhere else. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Fault, FaultKind } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/temporary-folder.ts";
import { act, annotated, startWorld } from "./world.ts";

/** A CONNECT proxy on loopback. Every name leads to this machine. */
async function startProxy(): Promise<{ url: string; asked: string[]; close: () => void }> {
  const asked: string[] = [];
  const proxy = createServer().on("connect", ({ url = "" }: IncomingMessage, client: Duplex) => {
    asked.push(url);
    const upstream = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked, close: () => proxy.close() };
}

const port = (origin: string): string => new URL(origin).port;

describe("proxies", () => {
  it("HTTPS_PROXY is for every client: Resource Manager, Entra, the API server with its own authority, GitHub and its OIDC", async () => {
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
    expect([...new Set(proxy.asked)].sort()).toEqual([...[arm, entra, kubernetes, github].map((origin) => `localhost:${port(origin)}`), `github.localhost:${port(github)}`].sort());
  });

  it("a cluster user's certificate goes through a proxy as well", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.cluster.kubeconfig = "client-certificate") });
    const proxy = await startProxy();
    const run = await act(simulator, {}, { env: { HTTPS_PROXY: proxy.url } });
    proxy.close();
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(proxy.asked).toContain(`localhost:${port(simulator.endpoints.kubernetes)}`);
  });

  it("NO_PROXY keeps hosts out of it", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, {}, { env: { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "localhost" } });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("tokens", () => {
  it("each service gets those for itself only", async () => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "drift-issue": "true" });
    expect(run.outputs["status"], run.log).toBe("changed");
    const held = (service: "arm" | "kubernetes" | "entra"): unknown[] => [...new Set(simulator.journal.of(service).map(({ headers }) => headers.authorization))];
    const [arm = ""] = held("arm").filter((value) => value !== undefined) as string[];
    expect(arm).toMatch(/^Bearer https:/);
    expect(held("arm").sort(), "the metadata are asked for without one").toEqual([arm, undefined]);
    expect(held("kubernetes")).toEqual(["Bearer 6dae42f8-4368-4678-94ff-3960e28e3630"]);
    expect(held("entra")).toEqual([undefined]);
  });

  /** A server that only notes that somebody came. */
  async function trap(): Promise<{ origin: string; knocks: () => number; close: () => void }> {
    let knocks = 0;
    const server = createTcpServer((socket) => {
      knocks += 1;
      socket.destroy();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, knocks: () => knocks, close: () => server.close() };
  }

  const places: readonly (readonly [string, Fault["match"], (elsewhere: string) => FaultKind])[] = [
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

  it.each(places)("%s that leads elsewhere is not followed: nobody knocks there", async (place, match, fault) => {
    const elsewhere = await trap();
    await using simulator = await startWorld("flag-graduated", { faults: [{ match, fault: fault(elsewhere.origin) }] });
    // Only where the run command itself is meant: what kubectl does inside the cluster is kubectl's.
    const run = await act(simulator, { "drift-issue": "true", ...(place.includes("run command") ? { "kube-access": "run-command", mode: "plan" } : {}) });
    elsewhere.close();
    expect(elsewhere.knocks(), run.log).toBe(0);
  });
});

describe("what is refused before a request is sent", () => {
  it.each([
    ["another subscription", { "allowed-subscriptions": "00000000-0000-0000-0000-000000000001" }, {}, "allowed-subscriptions: does not hold"],
    ["a list that is none", { "allowed-subscriptions": "production" }, {}, "allowed-subscriptions:"],
    ["Resource Manager over plain HTTP", { "azure-environment": "http://localhost:1" }, {}, "azure-environment:"],
    ["TLS that verifies nobody", {}, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }, "NODE_TLS_REJECT_UNAUTHORIZED"],
  ])("%s", async (_, inputs, env, words) => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, inputs, { env });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain(words);
    expect(simulator.journal.entries).toEqual([]);
  });

  it("a subscription that only the Azure CLI names, where allowed-subscriptions does not", async () => {
    await using simulator = await startWorld("fresh");
    using tools = temporaryFolder({ az: `#!/bin/sh\necho '{"id": "${simulator.world.subscriptionId}"}'\n` });
    const PATH = `${tools.path}:${process.env["PATH"] ?? ""}`;
    const run = await act(simulator, { "subscription-id": "", "allowed-subscriptions": "00000000-0000-0000-0000-000000000001" }, { env: { PATH } });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.report.error?.code).toBe("SubscriptionNotAllowed");
    expect(annotated(run, "error")[0]).toContain(`allowed-subscriptions does not hold ${simulator.world.subscriptionId}, the Azure CLI's current subscription.`);
    expect(simulator.journal.entries).toEqual([]);
    // The same session is good for a run that allows its subscription.
    const allowed = await act(simulator, { mode: "plan", "subscription-id": "", "allowed-subscriptions": simulator.world.subscriptionId }, { env: { PATH } });
    expect(allowed.outputs["status"], allowed.log).toBe("drifted");
  });

  it("allowed-subscriptions lets those through that it names, however they are spelt", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { "allowed-subscriptions": `00000000-0000-0000-0000-000000000001,\n${simulator.world.subscriptionId.toUpperCase()}` });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("an answer without end", () => {
  it.each([
    ["of the API server", "/api/v1/pods", "unverified"],
    ["of Resource Manager", "/managedClusters/demo", "failed"],
  ])("%s is not read to it", async (_, path, status) => {
    const long: Fault = { match: (request) => request.path.endsWith(path) && request.service !== "entra", fault: { kind: "alter", change: () => ({ status: 200, body: " ".repeat(40_000_000) }) } };
    await using simulator = await startWorld("compliant", { faults: [long] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe(status);
    expect(`${run.summary}${JSON.stringify(run.report)}`).toContain("AnswerTooLong");
  });
});
