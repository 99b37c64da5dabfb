/** Which way in is taken, how soon that is decided, and what is said where there is none. */
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority, issueServerCertificate, type KeyPair } from "../../simulator/lib/certificates.ts";
import type { KubeAccess } from "../../src/contract.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { ActionError, ServiceError } from "../../src/lib/errors.ts";
import { connect, type ConnectionSources } from "../../src/kubernetes/connect.ts";
import { collect, Get, List } from "../../src/kubernetes/query.ts";
import { unreachable } from "../../src/kubernetes/reachability.ts";
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
  readonly disabled?: boolean;
  readonly kubeconfig?: () => Promise<string>;
  readonly runCommand?: ConnectionSources["runCommand"];
  readonly runProgram?: RunProgram;
  readonly usesEntra?: boolean;
}

async function attempt({ access, server = "https://127.0.0.1:1", disabled = false, kubeconfig, runCommand, runProgram, usesEntra = true }: Attempt) {
  const { context: simulated, lines } = simulatedContext();
  const context = { ...simulated, clock: systemClock, deadlineAt: Date.now() + 60_000 };
  const masked: string[] = [];
  const sources: ConnectionSources = {
    access,
    cluster: { name: "shop", usesEntra, runCommandDisabled: disabled, apiServerNames: ["shop.hcp.westeurope.azmk8s.io"] },
    credential: { getToken: () => Promise.resolve(TOKEN), discard: () => undefined },
    kubeconfig: kubeconfig ?? (() => Promise.resolve(kubeconfigOf(server))),
    runCommand: runCommand ?? (() => Promise.reject(new Error("no command was expected"))),
    runProgram: runProgram ?? (() => Promise.reject(new Error("no program was expected"))),
    mask: (secret) => masked.push(secret),
  };
  return { connection: await connect(sources, context), context, lines, masked };
}

const right = readerRight("get namespaces");
const query = () => new Get({ doing: "reading the namespace shop", path: "/api/v1/namespaces/shop", needs: right }, (json) => json);

describe("kube-access: auto", () => {
  it.each([200, 401, 403, 500])("is direct where the API server answers, be it %i", async (status) => {
    const port = await listen(createServer({ cert: certificate.cert, key: certificate.key }, (_, response) => response.writeHead(status, { "content-type": "application/json" }).end("{}")));
    const { connection } = await attempt({ access: "auto", server: `https://127.0.0.1:${port}` });
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "direct" } });
  });

  it("stays direct where a connection breaks by chance", async () => {
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
  ])("goes over to run commands for %s, at once, and says why", async (_, server, why) => {
    const began = Date.now();
    const { connection, lines } = await attempt({ access: "auto", server });
    expect(Date.now() - began).toBeLessThan(4000);
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "run-command" } });
    if (connection.kind !== "connected") return;
    expect(connection.description).toMatch(/^run-command through Resource Manager, with a Microsoft Entra token, because direct access to https:\/\/\S+ did not work: Kubernetes/);
    expect(connection.description).toMatch(why);
    expect(lines.join()).toContain("cannot be reached from here");
  });

  it("goes over to run commands where nothing ever answers, within seconds", async () => {
    const port = await listen(createTcpServer(() => undefined));
    const began = Date.now();
    const { connection } = await attempt({ access: "auto", server: `https://127.0.0.1:${port}` });
    expect(Date.now() - began).toBeLessThan(8000);
    expect(connection).toMatchObject({ api: { transport: "run-command" }, description: expect.stringContaining("RequestTimeout") as unknown });
  });

  it("says both reasons where run commands are forbidden too", async () => {
    const { connection } = await attempt({ access: "auto", disabled: true });
    expect(connection).toMatchObject({ kind: "closed", remedy: expect.stringContaining("--enable-run-command") as unknown });
    if (connection.kind !== "closed") return;
    expect(connection.why).toContain("run commands are disabled for the cluster shop");
    expect(connection.why).toContain("ECONNREFUSED");
  });

  it("says both reasons where run commands are refused too", async () => {
    const failure = { service: "Resource Manager", doing: "running a command", status: 403, code: "AuthorizationFailed", message: "no" } as const;
    const { connection } = await attempt({ access: "auto", runCommand: () => Promise.reject(new ServiceError(failure, "Grant it.")) });
    if (connection.kind !== "connected") throw new Error(connection.why);
    const get = query();
    await connection.api.query([get]);
    expect(get.result).toMatchObject({ seen: false, remedy: "Grant it." });
    const why = get.result.seen ? "" : get.result.why;
    expect(why).toContain("AuthorizationFailed");
    expect(why).toContain("direct access to https://127.0.0.1:1 did not work either");
    const [write] = await connection.api.write([{ doing: "writing", verb: "create", path: "/api/v1/namespaces/shop/pods", dryRun: true, body: {}, needs: right }]);
    expect(write).toMatchObject({ accepted: false, remedy: "Grant it." });
  });

  it("does not go over where the kubeconfig is refused: that is an answer", async () => {
    const refusal = new ServiceError({ service: "Resource Manager", doing: "fetching the user credentials", status: 403, code: "AuthorizationFailed", message: "no" }, "Grant it.");
    const { connection } = await attempt({ access: "auto", kubeconfig: () => Promise.reject(refusal) });
    expect(connection).toMatchObject({ kind: "closed", remedy: "Grant it." });
  });

  it("does not go over where there is no token", async () => {
    const { context } = simulatedContext();
    const noToken = new ServiceError({ service: "Microsoft Entra", doing: "signing in", code: "AADSTS700016", message: "x" }, "");
    await expect(unreachable(() => Promise.reject(noToken), context)).resolves.toBeUndefined();
  });
});

describe("kube-access: run-command", () => {
  it("hands in a masked token where the cluster knows Entra, and none where it does not", async () => {
    for (const usesEntra of [true, false]) {
      const tokens: string[] = [];
      const { connection, masked } = await attempt({ access: "run-command", usesEntra, runCommand: (_, token) => (tokens.push(token), Promise.resolve({ exitCode: 1, logs: "sh: boom" })) });
      if (connection.kind !== "connected") throw new Error(connection.why);
      const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: right }, collect((json) => json));
      await connection.api.query([list]);
      await connection.api.query([query()]);
      expect(tokens).toEqual(usesEntra ? ["entra-token", "entra-token"] : ["", ""]);
      expect(masked).toEqual(usesEntra ? ["entra-token"] : []);
      expect(list.result).toMatchObject({ seen: false, why: "listing namespaces: the command ended with exit code 1: sh: boom" });
    }
  });

  it("is closed where the cluster forbids them, without asking", async () => {
    const { connection } = await attempt({ access: "run-command", disabled: true });
    expect(connection).toMatchObject({ kind: "closed", why: "run commands are disabled for the cluster shop (apiServerAccessProfile.disableRunCommand)." });
  });

  it("ends with the run where the run is over", async () => {
    const { connection, context } = await attempt({ access: "run-command", runCommand: () => Promise.reject(new ActionError({ code: "Timeout", doing: "waiting", message: "gave up", remedy: "" })) });
    if (connection.kind !== "connected") throw new Error(connection.why);
    const get = query();
    await connection.api.query([get]);
    expect(get.result, "a bound of its own is no end of the run").toMatchObject({ seen: false });
    Object.assign(context, { deadlineAt: Date.now() - 1 });
    await expect(connection.api.query([query()])).rejects.toThrow("gave up");
  });
});

describe("kube-access: kubeconfig", () => {
  const config = (server: string) => JSON.stringify({ "current-context": "demo", contexts: [{ name: "demo", context: { cluster: "c" } }], clusters: [{ name: "c", cluster: { server } }] });
  const tool =
    (answers: Readonly<Record<string, readonly [exitCode: number, stdout: string, stderr: string]>>): RunProgram =>
    (program, args) => {
      expect(program).toBe("kubectl");
      const [exitCode, stdout, stderr] = answers[args[0] ?? ""] ?? [1, "", "unexpected"];
      return Promise.resolve({ exitCode, stdout, stderr });
    };

  it("names context and server, and warns that nothing proves which cluster that is", async () => {
    const { connection, lines } = await attempt({ access: "kubeconfig", runProgram: tool({ config: [0, config("https://127.0.0.1:6443"), ""], get: [0, "{}", ""] }) });
    expect(connection).toMatchObject({ kind: "connected", api: { transport: "kubeconfig" } });
    expect(connection).toMatchObject({ description: "kubeconfig, with kubectl and the context demo at https://127.0.0.1:6443, and nothing proves that this is the cluster shop" });
    expect(lines.join()).toContain("warning: kubectl's context demo leads to https://127.0.0.1:6443");
  });

  it("knows the cluster by its server's name", async () => {
    const { connection, lines } = await attempt({ access: "kubeconfig", runProgram: tool({ config: [0, config("https://SHOP.hcp.westeurope.azmk8s.io:443"), ""], get: [0, "{}", ""] }) });
    expect(connection).toMatchObject({ description: expect.stringContaining("which is the API server of shop") as unknown });
    expect(lines).toEqual([]);
  });

  it("counts a refusal as an answer", async () => {
    const { connection } = await attempt({ access: "kubeconfig", runProgram: tool({ config: [0, config("https://x"), ""], get: [1, "", "Error from server (Forbidden): no"] }) });
    expect(connection.kind).toBe("connected");
  });

  it.each<[string, RunProgram, string]>([
    ["kubectl", () => Promise.reject(new Error("Unable to locate executable file: kubectl.")), "kubectl could not be started"],
    ["a current context", tool({ config: [1, "", "error: current-context must exist in order to minify"] }), "kubectl has no current context."],
    ["a server", tool({ config: [0, "{}", ""] }), "names no server"],
    ["an API server that answers", tool({ config: [0, config("https://x"), ""], get: [1, "", "Unable to connect to the server: dial tcp: lookup x: no such host"] }), "ENOTFOUND"],
    ["a plugin that it needs", tool({ config: [0, config("https://x"), ""], get: [1, "", "error: exec: executable kubelogin not found"] }), "kubelogin not found"],
  ])("says exactly what is wrong without %s", async (_, runProgram, words) => {
    const { connection } = await attempt({ access: "kubeconfig", runProgram });
    expect(connection).toMatchObject({ kind: "closed", why: expect.stringContaining(words) as unknown });
    expect(connection.kind === "closed" && connection.remedy !== "").toBe(true);
  });
});
