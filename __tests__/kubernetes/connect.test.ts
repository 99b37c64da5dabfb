/** Which transport is selected, how soon, and what is reported if there is none. */
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority, issueServerCertificate, type KeyPair } from "../../simulator/lib/certificates.ts";
import type { KubeAccess } from "../../src/contract.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { ActionError, ServiceError } from "../../src/lib/errors.ts";
import { connect, type ConnectionSources } from "../../src/kubernetes/connect.ts";
import { collect, Get, List } from "../../src/kubernetes/query.ts";
import { unreachableReason } from "../../src/kubernetes/reachability.ts";
import { readerRight } from "../../src/kubernetes/required-roles.ts";
import type { RunProgram } from "../../src/lib/exec.ts";
import { simulatedContext } from "../simulated-context.ts";

const TOKEN = { token: "entra-token", expiresOnTimestamp: 0 };
let authority: KeyPair;
let certificate: KeyPair;
beforeAll(async () => {
  authority = await createAuthority("Cluster CA");
  certificate = await issueServerCertificate(authority);
});
const servers: { close(): unknown }[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const kubeconfigOf = (server: string): string =>
  JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(authority.cert).toString("base64") } }],
    users: [{ name: "u", user: {} }],
  });

interface Attempt {
  readonly access: KubeAccess;
  readonly server?: string;
  readonly runCommandDisabled?: boolean;
  readonly kubeconfig?: () => Promise<string>;
  readonly runCommand?: ConnectionSources["runCommand"];
  readonly runProgram?: RunProgram;
  readonly usesEntra?: boolean;
}

async function attempt({ access, server = "https://127.0.0.1:1", runCommandDisabled = false, kubeconfig, runCommand, runProgram, usesEntra = true }: Attempt) {
  const { context: simulated, lines } = simulatedContext();
  const context = { ...simulated, clock: systemClock, deadlineAt: Date.now() + 60_000 };
  const masked: string[] = [];
  const sources: ConnectionSources = {
    access,
    cluster: { name: "shop", usesEntra, runCommandDisabled, apiServerNames: ["shop.hcp.westeurope.azmk8s.io"] },
    clusterArguments: "-g rg-shop -n shop",
    credential: { getToken: () => Promise.resolve(TOKEN), discard: () => undefined },
    kubeconfig: kubeconfig ?? (() => Promise.resolve(kubeconfigOf(server))),
    runCommand: runCommand ?? (() => Promise.reject(new Error("unexpected command"))),
    runProgram: runProgram ?? (() => Promise.reject(new Error("unexpected program"))),
    mask: (secret) => masked.push(secret),
  };
  return { connection: await connect(sources, context), context, lines, masked };
}

const right = readerRight("get namespaces");
const query = () => new Get({ doing: "reading the namespace shop", path: "/api/v1/namespaces/shop", needs: right }, (json) => json);

describe("kube-access: auto", () => {
  it.each([200, 401, 403, 500])("is direct if the API server responds, with status %i", async (status) => {
    const port = await listen(createServer({ cert: certificate.cert, key: certificate.key }, (_, response) => response.writeHead(status, { "content-type": "application/json" }).end("{}")));
    const { connection } = await attempt({ access: "auto", server: `https://127.0.0.1:${port}` });
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "direct" } });
  });

  it("stays direct after a transient connection failure", async () => {
    let calls = 0;
    const port = await listen(
      createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
        calls += 1;
        if (calls === 1) request.socket.destroy();
        else response.writeHead(200).end("{}");
      }),
    );
    const { connection } = await attempt({ access: "auto", server: `https://127.0.0.1:${port}` });
    expect(connection).toMatchObject({ api: { transport: "direct" } });
  });

  it.each([
    ["a name that does not resolve", "https://shop.nowhere.invalid", /ENOTFOUND|EAI_AGAIN/],
    ["a refused connection", "https://127.0.0.1:1", /ECONNREFUSED/],
  ])("uses run commands after %s, without delay, and says why", async (_, server, why) => {
    const began = Date.now();
    const { connection, lines } = await attempt({ access: "auto", server });
    expect(Date.now() - began).toBeLessThan(4000);
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "run-command" } });
    if (connection.kind !== "connected") return;
    expect(connection.description).toMatch(/^run-command through Resource Manager, with a Microsoft Entra token, because direct access to https:\/\/\S+ failed: Kubernetes/);
    expect(connection.description).toMatch(why);
    expect(lines.join()).toContain("cannot be reached from this runner");
  });

  it("uses run commands within seconds if there is no response", async () => {
    const port = await listen(createTcpServer(() => undefined));
    const began = Date.now();
    const { connection } = await attempt({ access: "auto", server: `https://127.0.0.1:${port}` });
    expect(Date.now() - began).toBeLessThan(8000);
    expect(connection).toMatchObject({ api: { transport: "run-command" }, description: expect.stringContaining("RequestTimeout") as unknown });
  });

  it("reports both reasons if run commands are disabled as well", async () => {
    const { connection } = await attempt({ access: "auto", runCommandDisabled: true });
    expect(connection).toMatchObject({ kind: "unavailable", remedy: expect.stringContaining("\naz aks update -g rg-shop -n shop --enable-run-command") as unknown });
    if (connection.kind !== "unavailable") return;
    expect(connection.why).toContain("run commands are disabled for the cluster shop");
    expect(connection.why).toContain("ECONNREFUSED");
  });

  it("reports both reasons if run commands are refused as well", async () => {
    const failure = { service: "Resource Manager", doing: "running a command", status: 403, code: "AuthorizationFailed", message: "no" } as const;
    const { connection } = await attempt({ access: "auto", runCommand: () => Promise.reject(new ServiceError(failure, "Grant it.")) });
    if (connection.kind !== "connected") throw new Error(connection.why);
    const get = query();
    await connection.api.query([get]);
    expect(get.result).toMatchObject({ seen: false, remedy: "Grant it." });
    const why = get.result.seen ? "" : get.result.why;
    expect(why).toContain("AuthorizationFailed");
    expect(why).toContain("direct access to https://127.0.0.1:1 failed");
    const [write] = await connection.api.write([{ doing: "writing", verb: "create", path: "/api/v1/namespaces/shop/pods", dryRun: true, body: {}, needs: right }]);
    expect(write).toMatchObject({ accepted: false, remedy: "Grant it." });
  });

  it("does not use run commands if the kubeconfig is refused", async () => {
    const refusal = new ServiceError({ service: "Resource Manager", doing: "fetching the user credentials", status: 403, code: "AuthorizationFailed", message: "no" }, "Grant it.");
    const { connection } = await attempt({ access: "auto", kubeconfig: () => Promise.reject(refusal) });
    expect(connection).toMatchObject({ kind: "unavailable", remedy: "Grant it." });
  });

  it("does not use run commands after a failed sign-in", async () => {
    const { context } = simulatedContext();
    const noToken = new ServiceError({ service: "Microsoft Entra", doing: "signing in", code: "AADSTS700016", message: "x" }, "");
    await expect(unreachableReason(() => Promise.reject(noToken), context)).resolves.toBeUndefined();
  });
});

describe("kube-access: run-command", () => {
  it("passes a masked token if the cluster uses Entra, and no token otherwise", async () => {
    for (const usesEntra of [true, false]) {
      const tokens: string[] = [];
      const { connection, masked } = await attempt({ access: "run-command", usesEntra, runCommand: (_, token) => (tokens.push(token), Promise.resolve({ exitCode: 1, logs: "sh: boom" })) });
      if (connection.kind !== "connected") throw new Error(connection.why);
      const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: right }, collect((json) => json));
      await connection.api.query([list]);
      await connection.api.query([query()]);
      expect(tokens).toEqual(usesEntra ? ["entra-token", "entra-token"] : ["", ""]);
      expect(masked).toEqual(usesEntra ? ["entra-token"] : []);
      expect(list.result).toMatchObject({ seen: false, why: "listing namespaces: the run command ended with exit code 1: sh: boom" });
    }
  });

  it("is unavailable if the cluster disables run commands, without a request", async () => {
    const { connection } = await attempt({ access: "run-command", runCommandDisabled: true });
    expect(connection).toMatchObject({ kind: "unavailable", why: "run commands are disabled for the cluster shop (apiServerAccessProfile.disableRunCommand)." });
  });

  it("throws the run's own end, but not the timeout of a command", async () => {
    const { connection, context } = await attempt({ access: "run-command", runCommand: () => Promise.reject(new ActionError({ code: "Timeout", doing: "waiting", message: "gave up", remedy: "" })) });
    if (connection.kind !== "connected") throw new Error(connection.why);
    const get = query();
    await connection.api.query([get]);
    expect(get.result, "the timeout of a command does not end the run").toMatchObject({ seen: false });
    Object.assign(context, { deadlineAt: Date.now() - 1 });
    await expect(connection.api.query([query()])).rejects.toThrow("gave up");
  });
});

describe("kube-access: kubeconfig", () => {
  const OWN = "https://shop.hcp.westeurope.azmk8s.io:443";
  const config = (server: string) => JSON.stringify({ "current-context": "demo", contexts: [{ name: "demo", context: { cluster: "c" } }], clusters: [{ name: "c", cluster: { server } }] });
  const kubectl =
    (answers: Readonly<Record<string, readonly [exitCode: number, stdout: string, stderr: string]>>): RunProgram =>
    (program, args) => {
      expect(program).toBe("kubectl");
      const [exitCode, stdout, stderr] = answers[args[0] ?? ""] ?? [1, "", "unexpected"];
      return Promise.resolve({ exitCode, stdout, stderr });
    };

  /** kubectl with a context whose certificate authority is this PEM; empty: it has none. Counts requests to the API server. */
  const kubectlWithAuthority = (ca: string, server = "https://127.0.0.1:6443") => {
    const calls: string[][] = [];
    const runProgram: RunProgram = (_, args) => {
      calls.push([...args]);
      const stdout = args[0] !== "config" ? "{}" : args.includes("--raw") ? Buffer.from(ca).toString("base64") : config(server);
      return Promise.resolve({ exitCode: 0, stdout, stderr: "" });
    };
    return { runProgram, requests: () => calls.filter(([command]) => command !== "config") };
  };
  const refused = (): Promise<string> => Promise.reject(new ServiceError({ service: "Resource Manager", doing: "fetching the user credentials", status: 403, code: "AuthorizationFailed", message: "no" }, "Grant it."));

  it.each<[string, () => string, undefined | (() => Promise<string>), RegExp]>([
    ["another certificate authority", () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", undefined, /its certificate authority is another one\.$/],
    ["no certificate authority", () => "", undefined, /has no certificate authority to compare\.$/],
    ["the right authority, but Azure does not give it", () => authority.cert, refused, /could not be read: /],
  ])("is unavailable where the context's server has another name and %s: nothing is sent to it", async (_, ca, kubeconfig, why) => {
    const { runProgram, requests } = kubectlWithAuthority(ca());
    const { connection } = await attempt({ access: "kubeconfig", runProgram, ...(kubeconfig && { kubeconfig }) });
    expect(connection).toMatchObject({
      kind: "unavailable",
      why: expect.stringContaining("kubectl's context demo is not proven to be the cluster shop: its server is https://127.0.0.1:6443, the cluster's API server is shop.hcp.westeurope.azmk8s.io") as unknown,
      remedy: expect.stringContaining("nothing was written") as unknown,
    });
    expect(connection.kind === "unavailable" && connection.why).toMatch(why);
    expect(requests()).toEqual([]);
  });

  it("proves the cluster by its certificate authority, also at another address", async () => {
    const { runProgram, requests } = kubectlWithAuthority(`${authority.cert.replace(/\n/g, "\r\n")}\n`);
    const { connection, lines } = await attempt({ access: "kubeconfig", runProgram });
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "kubeconfig" }, description: "kubeconfig, with kubectl and the context demo at https://127.0.0.1:6443, the API server of shop by its certificate authority" });
    expect(requests()).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it("proves nothing by a name without TLS: nothing is sent to it", async () => {
    const { runProgram, requests } = kubectlWithAuthority(authority.cert, "http://shop.hcp.westeurope.azmk8s.io");
    const { connection } = await attempt({ access: "kubeconfig", runProgram });
    expect(connection).toMatchObject({ kind: "unavailable", why: expect.stringContaining("its server is http://shop.hcp.westeurope.azmk8s.io, and without TLS nothing proves whose server that is.") as unknown });
    expect(requests()).toEqual([]);
  });

  it("proves the cluster by its server's name", async () => {
    const { connection, lines } = await attempt({ access: "kubeconfig", runProgram: kubectl({ config: [0, config("https://SHOP.hcp.westeurope.azmk8s.io:443"), ""], get: [0, "{}", ""] }) });
    expect(connection).toMatchObject({ description: expect.stringContaining("the API server of shop by its name") as unknown });
    expect(lines).toEqual([]);
  });

  it.each(["https://shop.hcp.westeurope.azmk8s.io.example.com", "https://example.com/shop.hcp.westeurope.azmk8s.io", "https://shop.hcp.westeurope.azmk8s.io@example.com"])("does not take %s for the name", async (server) => {
    const { runProgram } = kubectlWithAuthority("", server);
    expect((await attempt({ access: "kubeconfig", runProgram })).connection.kind).toBe("unavailable");
  });

  it("is connected if the API server refuses the request", async () => {
    const { connection } = await attempt({ access: "kubeconfig", runProgram: kubectl({ config: [0, config(OWN), ""], get: [1, "", "Error from server (Forbidden): no"] }) });
    expect(connection.kind).toBe("connected");
  });

  it.each<[string, RunProgram, string]>([
    ["kubectl", () => Promise.reject(new Error("Unable to locate executable file: kubectl.")), "kubectl could not be started"],
    ["a current context", kubectl({ config: [1, "", "error: current-context must exist in order to minify"] }), "kubectl has no current context."],
    ["a server", kubectl({ config: [0, "{}", ""] }), "names no server"],
    ["a response of the API server", kubectl({ config: [0, config(OWN), ""], get: [1, "", "Unable to connect to the server: dial tcp: lookup shop.hcp.westeurope.azmk8s.io: no such host"] }), "ENOTFOUND"],
    ["a plugin that kubectl needs", kubectl({ config: [0, config(OWN), ""], get: [1, "", "error: exec: executable kubelogin not found"] }), "kubelogin not found"],
  ])("is unavailable without %s, and says so", async (_, runProgram, text) => {
    const { connection } = await attempt({ access: "kubeconfig", runProgram });
    expect(connection).toMatchObject({ kind: "unavailable", why: expect.stringContaining(text) as unknown });
    expect(connection.kind === "unavailable" && connection.remedy !== "").toBe(true);
  });
});
