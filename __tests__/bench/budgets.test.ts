/** The budgets that need no clock: size, requests, sequence, memory. `npm run bench` measures the others. */
import { isAscii } from "node:buffer";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { BUNDLE } from "../../bench/measure-process.ts";
import { startLargeCluster } from "../../bench/large-cluster/start.ts";
import { hasKubectl, MOST_ARM, MOST_IN_SEQUENCE, traceOf } from "../../bench/parts/requests.ts";
import { bytesByPackage, distBytes, LARGEST_DIST } from "../../bench/parts/size.ts";
import { depthUntilRead, type Service, type Trace } from "../../bench/trace.ts";
import { startSimulator } from "../../simulator/index.ts";
import { runAction } from "../../simulator/runner/run-action.ts";

const count = ({ requests }: Trace, service: Service): number => requests.filter((request) => request.service === service).length;

describe("dist/", () => {
  it("is within its size", async () => {
    expect(await distBytes()).toBeLessThanOrEqual(LARGEST_DIST);
  });

  it("is ASCII: one character beyond Latin-1 would double the memory of its text", async () => {
    expect(isAscii(await readFile(BUNDLE))).toBe(true);
  });

  it("holds nothing that is for tests, and no second client of Kubernetes", async () => {
    const names = (await bytesByPackage(false)).map(([name]) => name);
    expect(names.filter((name) => /^(?:simulator|bench|__tests__|undici|open|jsonwebtoken|@kubernetes\/)/.test(name))).toEqual([]);
  });
});

describe("the requests of a run on a compliant cluster", () => {
  it("are few, and none waits for another that it does not depend on", async () => {
    const trace = await traceOf("compliant", { "kube-access": "direct" });
    expect(trace.run.outputs["status"], trace.run.log).toBe("compliant");
    expect(count(trace, "arm")).toBe(MOST_ARM);
    expect(depthUntilRead(trace.requests)).toBe(MOST_IN_SEQUENCE);
    // An assertion and a token for each of the two audiences, and Entra's own configuration.
    expect(count(trace, "github")).toBe(2);
    expect(count(trace, "entra")).toBe(3);
    const [kubeconfig, token] = [/listClusterUserCredential$/, /\/oauth2\/v2\.0\/token$/].map((path) => trace.requests.findLast((request) => path.test(request.path)));
    expect(token?.startMs, "the token for the API server is fetched beside the kubeconfig").toBeDefined();
    const assertion = trace.requests.filter(({ service }) => service === "github").at(-1);
    expect(assertion?.startMs).toBeLessThan(kubeconfig?.endMs ?? 0);
  });

  it("do not make Node load its fetch", async () => {
    const tell = 'process.on("exit", () => console.log(`loaded: ${process.moduleLoadList.filter((name) => name.includes("undici")).join()}.`));';
    await using simulator = await startSimulator({ scenario: "compliant" });
    const NODE_OPTIONS = `${simulator.env["NODE_OPTIONS"] ?? ""} --import data:text/javascript;base64,${Buffer.from(tell).toString("base64")}`;
    const run = await runAction({ simulator, inputs: { "kube-access": "direct" }, env: { NODE_OPTIONS } });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("loaded: .");
  });

  it.skipIf(!hasKubectl())("are one run command, which probes admission as well", async () => {
    const trace = await traceOf("compliant", { "kube-access": "run-command" }, 10);
    expect(trace.run.outputs["status"], trace.run.log).toBe("compliant");
    expect(count(trace, "github")).toBe(2);
    expect(trace.requests.filter(({ path }) => path.endsWith("/runCommand"))).toHaveLength(1);
  });
});

describe("a check of 10,000 pods", () => {
  it("does not hold them in memory", async () => {
    await using cluster = await startLargeCluster({ pods: 10_000, namespaces: 50 });
    const { status, pods, maxRssMb, output } = await cluster.check();
    expect(status, output).toBe("compliant");
    expect(pods).toBe(10_000);
    // As JSON they are 130 MB, as objects several times that.
    expect(maxRssMb).toBeLessThan(256);
  });
});
