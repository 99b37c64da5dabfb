/** The transports run-command and kubeconfig against an API server, with the real kubectl, jq and /bin/sh. */
import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { KubectlApi } from "../../src/kubernetes/kubectl/kubectl-api.ts";
import { collect, Get, type KubernetesApi, List } from "../../src/kubernetes/query.ts";
import { readerRight } from "../../src/kubernetes/required-roles.ts";
import { RunCommandApi } from "../../src/kubernetes/run-command/run-command-api.ts";
import { readInjector, readNamespace } from "../../src/istio/kubernetes-facts.ts";
import { readPod } from "../../src/istio/pods/pod.ts";
import type { RunProgram } from "../../src/lib/exec.ts";
import { simulatedContext } from "../simulated-context.ts";
import { kubectlEnvironment, page, type Reply, startKubeServer, status } from "./kube-server.ts";
import { NO_KUBECTL, runInShell, WHY_NO_KUBECTL } from "./run-command/shell.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";

const right = readerRight("read");
const listPods = () => new List({ doing: "listing pods", paths: ["/api/v1/pods"], needs: right }, collect(readPod));
const getNamespace = (name: string) => new Get({ doing: `reading the namespace ${name}`, path: `/api/v1/namespaces/${name}`, needs: right }, readNamespace);

interface Setup {
  readonly api: KubernetesApi;
  readonly lines: readonly string[];
  readonly requests: readonly string[];
  readonly bodies: readonly string[];
  /** The run commands; none for the transport kubeconfig. */
  readonly commands: readonly { readonly command: string; readonly logs: string }[];
}

/** Changes the output of a run command, by its index. */
type Cut = (logs: string, index: number) => string;

async function onServer(transport: "run-command" | "kubeconfig", answer: (method: string, url: URL, body: string) => Reply, use: (setup: Setup) => Promise<void>, cut: Cut = (logs) => logs): Promise<void> {
  await using server = await startKubeServer(answer);
  using folder = temporaryFolder();
  const environment = kubectlEnvironment(folder.path, server.url);
  const { context, lines } = simulatedContext();
  const commands: { command: string; logs: string }[] = [];
  const runProgram: RunProgram = (program, args, stdin) =>
    new Promise((resolve) => {
      const child = execFile(program, [...args], { env: { PATH: process.env["PATH"], ...environment }, maxBuffer: 1e9 }, (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : 1, stdout, stderr }));
      child.stdin?.end(stdin ?? "");
    });
  const api =
    transport === "kubeconfig"
      ? new KubectlApi(runProgram, context)
      : new RunCommandApi(
          async (command) => {
            const { exitCode, logs } = await runInShell(command, environment, folder.path);
            const output = cut(logs, commands.length);
            commands.push({ command, logs: output });
            return { exitCode, logs: output };
          },
          context,
          "",
        );
  await use({ api, lines, requests: server.requests, bodies: server.bodies, commands });
}

const pod = (index: number): unknown => ({
  metadata: { name: `pod-${index}-${(index * 7919).toString(36)}`, namespace: "shop", labels: { app: "a b'c\n\"$(x)`y`", é: "ü" }, annotations: { "sidecar.istio.io/status": '{"x":1}' }, managedFields: [{ manager: "x".repeat(500) }] },
  spec: { nodeName: `node-${index % 5}`, containers: [{ name: "app", image: "x" }, { name: "istio-proxy", args: ["proxy", "sidecar"] }], initContainers: [{ name: "istio-validation", args: ["--run-validation"], securityContext: { capabilities: { drop: ["ALL"] } } }] },
  status: { phase: "Running" },
});

describe.skipIf(NO_KUBECTL)(`with the real kubectl${WHY_NO_KUBECTL}`, () => {
  describe.each(["run-command", "kubeconfig"] as const)("%s", (transport) => {
    it("sends a batch: a list in pages, an existing object, an absent one, and a refused request", async () => {
      const pods = Array.from({ length: 1300 }, (_, index) => pod(index));
      const answer = (_: string, url: URL): Reply => {
        if (url.pathname === "/api/v1/pods") return page(pods, url);
        if (url.pathname === "/api/v1/namespaces/shop") return { status: 200, body: { metadata: { name: "shop", labels: { a: "b" } } }, headers: { warning: '299 - "v1 is old"' } };
        if (url.pathname === "/apis/apps/v1/deployments") return status(403, "Forbidden", 'deployments.apps is forbidden: User "u" cannot list resource "deployments"', { kind: "deployments" });
        return status(404, "NotFound", 'namespaces "gone" not found', { name: "gone", kind: "namespaces" });
      };
      await onServer(transport, answer, async ({ api, requests, commands }) => {
        const [list, present, absent] = [listPods(), getNamespace("shop"), getNamespace("gone")];
        const refused = new List({ doing: "listing Deployments", paths: ["/apis/apps/v1/deployments"], needs: right }, collect((json) => json));
        const selected = new List({ doing: "listing some pods", paths: ["/api/v1/pods"], selectors: "labelSelector=a%2Fb%3Dc", needs: right }, collect((json) => json));
        await api.query([list, present, absent, refused, selected]);
        expect(list.result).toEqual({ seen: true, value: pods.map(readPod) });
        expect(present.result).toEqual({ seen: true, value: { name: "shop", labels: { a: "b" } } });
        expect(absent.result).toEqual({ seen: true, value: undefined });
        expect(refused.result).toMatchObject({ seen: false, why: 'listing Deployments: Kubernetes answered 403: Forbidden: deployments.apps is forbidden: User "u" cannot list resource "deployments"' });
        expect(refused.result.seen ? "" : refused.result.remedy).toContain("Azure Kubernetes Service RBAC Reader");
        expect([...api.warnings]).toEqual(["v1 is old"]);
        expect(requests.some((request) => request.includes("labelSelector=a%2Fb%3Dc"))).toBe(true);
        if (transport === "run-command") expect(commands).toHaveLength(1);
      });
    });

    it("starts a list again if its continue token has expired", async () => {
      let expired = 0;
      const pods = Array.from({ length: 1100 }, (_, index) => pod(index));
      const answer = (_: string, url: URL): Reply => {
        if (url.searchParams.has("continue") && expired < 1) {
          expired += 1;
          return status(410, "Expired", "The provided continue parameter is too old");
        }
        return page(pods, url);
      };
      await onServer(transport, answer, async ({ api, lines }) => {
        const list = listPods();
        await api.query([list]);
        expect(list.result).toEqual({ seen: true, value: pods.map(readPod) });
        expect(lines.join()).toContain("starting again with the first page");
      });
    });

    const etcd = status(500, "InternalError", "etcdserver: request timed out");
    /** For the first page of a list, an object, and the second page. */
    const faults: readonly (readonly [what: string, faults: readonly [Reply, Reply, Reply]])[] = [
      ["a 500 of etcd, a 503 and a timeout", [etcd, status(503, "ServiceUnavailable", "apiserver not ready"), status(504, "Timeout", "Timeout: request did not complete within the allotted timeout")]],
      ["connections that end without an answer and in it", [{ status: 200, body: {}, cut: "before" }, { status: 200, body: {}, cut: "inside" }, { status: 200, body: { kind: "PodList", items: [] }, cut: "inside" }]],
    ];
    it.each(faults)("asks again after %s", async (_, [atFirstPage, atObject, atSecondPage]) => {
      const pods = Array.from({ length: 600 }, (__, index) => pod(index));
      const left = new Map([["the first page", atFirstPage], ["the object", atObject], ["the second page", atSecondPage]]);
      const answer = (___: string, url: URL): Reply => {
        const isList = url.pathname === "/api/v1/pods";
        const asked = !isList ? "the object" : url.searchParams.has("continue") ? "the second page" : "the first page";
        const fault = left.get(asked);
        if (left.delete(asked) && fault !== undefined) return fault;
        return isList ? page(pods, url) : { status: 200, body: { metadata: { name: "shop", labels: {} } } };
      };
      await onServer(transport, answer, async ({ api }) => {
        const [list, present] = [listPods(), getNamespace("shop")];
        await api.query([list, present]);
        expect(list.result.seen ? list.result.value.map(({ name }) => name) : list.result.why).toEqual(pods.map((each) => readPod(each)?.name));
        expect(present.result).toMatchObject({ seen: true, value: { name: "shop" } });
        expect([...left.keys()], "requests that did not fail").toEqual([]);
      });
    });

    it("does not ask again where a webhook failed, and sends no create twice", async () => {
      const failing = status(500, "InternalError", 'Internal error occurred: failed calling webhook "x": failed to call webhook: context deadline exceeded');
      const answer = (_: string, url: URL): Reply => (url.searchParams.has("dryRun") ? failing : status(503, "ServiceUnavailable", "apiserver not ready"));
      await onServer(transport, answer, async ({ api, requests }) => {
        const write = { doing: "writing", needs: right, verb: "create", path: "/api/v1/namespaces/shop/pods", body: { kind: "Pod" } } as const;
        const answers = await api.write([{ ...write, dryRun: true }, { ...write, dryRun: false }]);
        expect(answers.map(({ accepted }) => accepted)).toEqual([false, false]);
        expect(requests).toHaveLength(2);
      });
    });

    it("sends a dry run again after a failure that passes", async () => {
      let asked = 0;
      const answer = (_: string, __: URL, body: string): Reply => ((asked += 1) === 1 ? status(503, "ServiceUnavailable", "apiserver not ready") : { status: 201, body: JSON.parse(body) });
      await onServer(transport, answer, async ({ api, requests }) => {
        const probe = { kind: "Pod", apiVersion: "v1", metadata: { name: "probe" } };
        const [answered] = await api.write([{ doing: "probing", needs: right, verb: "create", path: "/api/v1/namespaces/shop/pods", dryRun: true, body: probe }]);
        expect(answered).toMatchObject({ accepted: true, object: { metadata: { name: "probe" } } });
        expect(requests).toHaveLength(2);
      });
    });

    it("creates and patches, with and without dry run, and returns objects, warnings and refusals", async () => {
      const answer = (method: string, url: URL, body: string): Reply => {
        if (method === "POST" && url.pathname.includes("/refused/")) {
          const message = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no NET_ADMIN";
          return status(422, "Invalid", `pods "probe" is forbidden: ${message}`, { name: "probe", kind: "pods", causes: [{ message }] });
        }
        if (method === "POST") return { status: 201, body: JSON.parse(body), headers: { warning: '299 - "careful, \\"you\\""' } };
        const name = url.pathname.split("/").at(-1);
        const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "shop", labels: method === "PATCH" ? { patched: "yes" } : {} }, spec: { template: { spec: { containers: [] } } } };
        return { status: 200, body: object };
      };
      await onServer(transport, answer, async ({ api, requests, bodies }) => {
        const write = { doing: "writing", needs: right } as const;
        const probe = { apiVersion: "v1", kind: "Pod", metadata: { name: "probe", annotations: { nasty: "'; touch /tmp/x; $(y) `z` \\ \n %s" } }, spec: { containers: [] } };
        const answers = await api.write([
          { ...write, verb: "create", path: "/api/v1/namespaces/shop/pods", dryRun: true, body: probe },
          { ...write, verb: "create", path: "/api/v1/namespaces/refused/pods", dryRun: true, body: probe },
          { ...write, verb: "patch", path: "/apis/apps/v1/namespaces/shop/deployments/web", dryRun: true, body: { metadata: { labels: { a: "it's" } } } },
          { ...write, verb: "patch", path: "/apis/apps/v1/namespaces/shop/deployments/api", dryRun: false, body: { metadata: { labels: { a: null } } } },
          { ...write, verb: "create", path: "/api/v1/namespaces/Not A Name/pods", dryRun: false, body: {} },
        ]);
        expect(answers[0]).toMatchObject({ accepted: true, object: { metadata: { name: "probe" } }, warnings: ['careful, "you"'] });
        expect(answers[1]).toMatchObject({
          accepted: false,
          failure: { service: "Kubernetes", status: 422, code: "Invalid", message: "pods \"probe\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no NET_ADMIN" },
        });
        expect(answers[2]).toMatchObject({ accepted: true, object: { metadata: { name: "web", labels: { patched: "yes" } } } });
        expect(answers[3]).toMatchObject({ accepted: true, object: { metadata: { name: "api" } } });
        expect(answers[4]).toMatchObject({ accepted: false, failure: { code: "InvalidName" } });
        const posted = requests.findIndex((request) => request.startsWith("POST /api/v1/namespaces/shop/pods?"));
        expect(requests[posted]).toMatch(/fieldManager=istio-cni-aks/);
        expect(requests[posted]).toMatch(/dryRun=All/);
        expect(JSON.parse(bodies[posted] ?? "")).toEqual(probe);
        const patches = requests.flatMap((request, index) => (request.startsWith("PATCH") ? [[request.includes("dryRun=All"), bodies[index]]] : []));
        expect(patches.sort()).toEqual([
          [false, '{"metadata":{"labels":{"a":null}}}'],
          [true, '{"metadata":{"labels":{"a":"it\'s"}}}'],
        ]);
      });
    });

    it("fails if the response is not an API server's", async () => {
      await onServer(transport, () => ({ status: 200, body: "<html>" }), async ({ api }) => {
        const list = listPods();
        await api.query([list]);
        expect(list.result).toMatchObject({ seen: false });
      });
    });
  });

  describe("run-command", () => {
    it("reads 3,000 pods with less than 5 commands, each with less output than 500 kB", async () => {
      const pods = Array.from({ length: 3000 }, (_, index) => pod(index));
      await onServer("run-command", (_, url) => page(pods, url), async ({ api, commands }) => {
        const counted = new List({ doing: "listing pods", paths: ["/api/v1/pods"], needs: right }, () => {
          const names = new Set<string>();
          return { add: (json) => names.add(readPod(json)?.name ?? ""), result: () => names.size };
        });
        await api.query([counted]);
        expect(counted.result).toEqual({ seen: true, value: 3000 });
        expect(commands.length).toBeLessThan(5);
        for (const { logs } of commands) expect(logs.length).toBeLessThan(500_000);
        for (const { command } of commands) expect(command.includes("\n")).toBe(false);
      });
    });

    it("uses further commands for objects that do not fit into one output", async () => {
      const big = Array.from({ length: 300 }, (_, index) => ({ metadata: { name: `n-${index}`, labels: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`label-${at}`, `${index * 31 + at}-${"x".repeat(40)}`])) } }));
      await onServer("run-command", (_, url) => page(big, url), async ({ api, commands }) => {
        const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: right }, collect(readNamespace));
        await api.query([list]);
        expect(list.result).toEqual({ seen: true, value: big.map(readNamespace) });
        for (const { logs } of commands) expect(logs.length).toBeLessThan(500_000);
      });
    });

    it("gives a query its objects after the queries before it, also where one of those has to be sent again", async () => {
      let refusals = 1;
      const answer = (_: string, url: URL): Reply => {
        if (url.pathname === "/api/v1/pods") return page([pod(1)], url);
        return (refusals -= 1) >= 0 ? status(500, "InternalError", "etcdserver: request timed out") : { status: 200, body: { metadata: { name: "shop", labels: { a: "b" } } } };
      };
      await onServer("run-command", answer, async ({ api, commands }) => {
        const first = getNamespace("shop");
        const dependent = new List({ doing: "listing pods", paths: ["/api/v1/pods"], needs: right }, () => {
          const known = first.result.seen ? first.result.value?.labels : "not known yet";
          return { add: () => undefined, result: () => known };
        });
        await api.query([first, dependent]);
        expect(dependent.result).toEqual({ seen: true, value: { a: "b" } });
        expect(commands).toHaveLength(2);
      });
    });

    it("sends dry runs for namespaces that it reads in the same command", async () => {
      const namespace = (name: string, labels: object): object => ({ metadata: { name, labels } });
      const all = [
        namespace("shop", { rev: "1" }),
        namespace("kube-system", { rev: "1" }),
        namespace("ambient", { rev: "1", mode: "ambient" }),
        namespace("no-rev", { rev: "" }),
        namespace("$(touch x)", { rev: "1" }),
        namespace("failing", { rev: "1" }),
        namespace("refusing", { rev: "1" }),
        namespace("beyond-most", { rev: "1" }),
      ];
      const answer = (method: string, url: URL, body: string): Reply => {
        if (method === "GET") return url.pathname === "/api/v1/namespaces" ? page(all, url) : { status: 200, body: { metadata: { name: "shop", labels: {} } } };
        if (url.pathname.includes("/refusing/")) return status(403, "Forbidden", "denied by a policy");
        if (url.pathname.includes("/failing/")) return status(500, "InternalError", "etcdserver: request timed out");
        return { status: 201, body: JSON.parse(body) as object };
      };
      await onServer("run-command", answer, async ({ api, requests, commands }) => {
        const known = getNamespace("shop");
        const written = await api.queryAndDryRun?.([known], {
          label: "rev",
          without: { mode: "ambient" },
          except: ["kube-system"],
          most: 3,
          write: (name) => ({ doing: `probing ${name}`, verb: "create", path: `/api/v1/namespaces/${name}/pods`, dryRun: true, body: { metadata: { name: `it's ${name}`, namespace: name } }, needs: right }),
        });
        expect(known.result).toMatchObject({ seen: true });
        expect(commands).toHaveLength(1);
        expect(requests.filter((request) => request.startsWith("POST")).map((request) => /namespaces\/([^/]+)/.exec(request)?.[1])).toEqual(["shop", "failing", "refusing"]);
        expect([...(written ?? [])].map(([name, { accepted }]) => [name, accepted]), "a failure that passes is left to a later command").toEqual([["shop", true], ["refusing", false]]);
        expect(written?.get("shop")).toMatchObject({ object: { metadata: { name: "it's shop", namespace: "shop" } } });
      });
    });

    it("repeats a command with a lower limit if its output was cut, and fails if it is cut again", async () => {
      const pods = Array.from({ length: 400 }, (_, index) => pod(index));
      const cutFirst: Cut = (logs, index) => (index === 0 ? logs.slice(0, logs.length / 2) : logs);
      await onServer("run-command", (_, url) => page(pods, url), async ({ api }) => {
        const list = listPods();
        await api.query([list]);
        expect(list.result).toEqual({ seen: true, value: pods.map(readPod) });
      }, cutFirst);
      await onServer("run-command", (_, url) => page(pods, url), async ({ api }) => {
        const [list, other] = [listPods(), getNamespace("shop")];
        await api.query([list, other]);
        expect(list.result).toMatchObject({ seen: false });
        expect(list.result.seen ? "" : list.result.why).toContain("cut off");
        expect(other.result).toMatchObject({ seen: false });
      }, (logs) => logs.slice(0, -2));
    });

    it("never repeats a write if the output was cut", async () => {
      await onServer("run-command", (_, __, body) => ({ status: 201, body: JSON.parse(body) }), async ({ api, commands }) => {
        const [answer] = await api.write([{ doing: "calling admission", verb: "create", path: "/api/v1/namespaces/shop/pods", dryRun: false, body: { a: 1 }, needs: right }]);
        expect(answer).toMatchObject({ accepted: false, failure: { code: "RunCommandCut" } });
        expect(commands).toHaveLength(1);
      }, (logs) => logs.slice(10));
    });

    it("reduces an injector's configuration to the fields that are read", async () => {
      const values = JSON.stringify({ pilot: { cni: { enabled: true }, other: "x".repeat(1000) }, global: {} });
      await onServer("run-command", () => ({ status: 200, body: { metadata: { name: "istio-sidecar-injector-asm-1-25" }, data: { values, config: "y".repeat(100_000) } } }), async ({ api, commands }) => {
        const get = new Get({ doing: "reading", path: "/api/v1/namespaces/aks-istio-system/configmaps/istio-sidecar-injector-asm-1-25", needs: right }, readInjector);
        await api.query([get]);
        expect(get.result).toEqual({ seen: true, value: { revision: "asm-1-25", cniEnabled: true } });
        expect(commands[0]?.logs.length).toBeLessThan(1000);
      });
    });
  });
});
