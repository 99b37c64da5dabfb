/**
 * The action beside the tools that people use instead: az, kubectl and jq. Both work on the same simulated clouds, in alternation, on the
 * real clock. Whole processes are measured, descendants included.
 */
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { type AzSession, openSession } from "../../conformance/az/session.ts";
import { scenario, type ScenarioName, startSimulator, type World } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import type { Figure, PartResults } from "../figures.ts";
import { startLargeCluster } from "../large-cluster/start.ts";
import { measureAction, type MeasuredRun, measureScript } from "../peers/measured-run.ts";
import { AZ_FOLDER, AZ_VERSION, missingTools } from "../peers/tools.ts";
import { interleaved, samplesOf } from "../samples.ts";
import { lateness } from "../peers/lateness.ts";

const TITLE = "Beside the tools that people use instead";
const CHECK_ROUNDS = 3;
const SWITCH_ROUNDS = 2;
const LARGE = { pods: 10_000, namespaces: 100 };
/** Milliseconds of Azure and the cluster in the switches that are compared. */
const OPERATION = 5000;
const ROLLOUT = 3000;

/** The most that the action may take, as a share of what the other tools take. */
interface Limits {
  readonly cpu?: number;
  readonly time?: number;
  readonly memory?: number;
}

type Results = ReadonlyMap<string, readonly MeasuredRun[]>;

export async function peers(): Promise<PartResults> {
  const missing = missingTools();
  if (missing.length > 0) return { part: "peers", title: TITLE, figures: [], details: [`not measured: ${missing.join(" and ")} not installed`] };
  const figures = [
    ...figuresOf("check", await compareChecks("kubectl get daemonset,configmap --namespace aks-istio-system --output json; kubectl get namespaces --output json; kubectl get pods --all-namespaces --output json", { "kube-access": "direct" }), { cpu: 1 / 3, time: 1 / 3, memory: 1 }),
    ...figuresOf("check by run command", await compareChecks(undefined, { "kube-access": "run-command" }), { cpu: 1 / 3, memory: 1 }),
    ...figuresOf(`check of ${LARGE.pods} pods`, await compareLargeChecks(), { cpu: 1 / 3, time: 1 / 3, memory: 1 }),
  ];
  // Most of both is waiting.
  const [switches, late] = await Promise.all([compareSwitches(), lateness()]);
  figures.push(...figuresOf("switch", switches.results, { cpu: 1 / 10, memory: 1 }), endOfSwitch(switches.late), ...late);
  return {
    part: "peers",
    title: TITLE,
    figures,
    details: [
      `az ${AZ_VERSION} with a cached sign-in, kubectl with a token and a cached discovery, jq. The action signs in with GitHub's token each time. Peak memory is that of the largest process.`,
      "check: az aks show, kubectl get of the CNI DaemonSet and the injector's ConfigMaps, of namespaces, of pods. By run command: az aks show, and one az aks command invoke with the same three.",
      `switch: az feature show, az provider register, az aks mesh proxy-redirection-mechanism, az aks show; Azure takes ${OPERATION / 1000} s, and the CNI agent ${ROLLOUT / 1000} s more. The action also waits for the agent, and verifies the cluster.`,
    ],
  };
}

/** az and kubectl in a simulated cloud. */
async function startSession(name: ScenarioName, tweak: (world: World) => unknown): Promise<AzSession> {
  const session = await openSession({ azFolder: AZ_FOLDER, scenario: name, tweak });
  await session.signIn("secret");
  const KUBECONFIG = join(session.folder, "kubeconfig");
  await writeFile(KUBECONFIG, session.simulator.kubeconfig(), { mode: 0o600 });
  return { ...session, env: { ...session.env, KUBECONFIG } };
}

/** `--resource-group … --name …` of the world's cluster. */
function clusterOf({ simulator: { world } }: AzSession): string {
  return `--resource-group ${world.resourceGroup} --name ${world.cluster.name}`;
}

/** @param kubectl the queries of the cluster; undefined to send them in one run command */
async function compareChecks(kubectl: string | undefined, inputs: Readonly<Record<string, string>>): Promise<Results> {
  await using session = await startSession("compliant", ({ timing }) => (timing.runCommand = scenario("compliant").create(Date.now()).timing.runCommand));
  const { simulator, env } = session;
  const queries = "kubectl get daemonset,configmap -n aks-istio-system -o name; kubectl get namespaces -o name; kubectl get pods -A -o json | jq -c '[.items[] | {n: .metadata.name, i: [.spec.initContainers[]?.name]}]'";
  const script = kubectl ?? `az aks command invoke ${clusterOf(session)} --command "${queries.replaceAll('"', '\\"')}"`;
  return await interleaved<string, MeasuredRun>(
    {
      tools: () => measureScript(simulator, `az aks show ${clusterOf(session)}; ${script}`, env),
      action: () => measureAction(simulator, { mode: "check", ...inputs }, "compliant"),
    },
    CHECK_ROUNDS,
  );
}

async function compareLargeChecks(): Promise<Results> {
  await using cluster = await startLargeCluster(LARGE);
  using folder = temporaryFolder({ kubeconfig: cluster.kubeconfig });
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: folder.path, KUBECONFIG: join(folder.path, "kubeconfig") };
  const script = "kubectl get pods --all-namespaces --output json | jq '[.items[] | select(any(.spec.initContainers[]?; .name == \"istio-init\"))] | length'";
  return await interleaved<string, MeasuredRun>(
    {
      tools: () => measureScript(cluster.simulator, script, env),
      action: () => measureAction(cluster.simulator, { mode: "check", "kube-access": "direct" }, "compliant"),
    },
    // kubectl takes a minute of CPU.
    1,
    false,
  );
}

/** `late`: milliseconds from the moment at which everything that a switch waits for is so until its process has ended. */
async function compareSwitches(): Promise<{ readonly results: Results; readonly late: readonly number[] }> {
  const late: number[] = [];
  const tweak = ({ timing }: World): World["timing"] => Object.assign(timing, { clusterUpdate: OPERATION, daemonSetRollout: ROLLOUT });
  const results = await interleaved<string, MeasuredRun>(
    {
      tools: async () => {
        await using session = await startSession("stale-pods", tweak);
        const feature = "az feature show --namespace Microsoft.ContainerService --name IstioCNIPreview || true";
        return await measureScript(session.simulator, `${feature}; az provider register --namespace Microsoft.ContainerService; az aks mesh proxy-redirection-mechanism ${clusterOf(session)} --mechanism CNIChaining; az aks show ${clusterOf(session)}`, session.env);
      },
      action: async () => {
        await using simulator = await startSimulator({ scenario: "stale-pods", tweak });
        const run = await measureAction(simulator, { "kube-access": "direct" }, "changed");
        const endsAt = simulator.world.cluster.operations.at(-1)?.endsAt ?? Number.NaN;
        late.push(run.endedAt - endsAt - ROLLOUT);
        return run;
      },
    },
    SWITCH_ROUNDS,
    false,
  );
  return { results, late };
}

function endOfSwitch(late: readonly number[]): Figure {
  const { median, spread } = samplesOf(new Map([["late", late]]), "late", (ms) => ms / 1000);
  return { name: "switch: from the moment at which the CNI agent is ready until the action has ended", value: median, unit: "s", spread, budget: { text: "at most 2 s", met: Math.max(...late) <= 2000 } };
}

function figuresOf(name: string, results: Results, limits: Limits): readonly Figure[] {
  const figure = (what: string, unit: string, pick: (run: MeasuredRun) => number, limit?: number): Figure => {
    const { median, spread } = samplesOf(results, "action", pick);
    const baseline = samplesOf(results, "tools", pick).median;
    const budget = limit === undefined ? {} : { budget: { text: `at most ${limit.toFixed(2)}x`, met: median <= limit * baseline } };
    return { name: `${name}: ${what}`, value: median, unit, spread, baseline: { name: "the tools", value: baseline }, ...budget };
  };
  return [
    figure("CPU", "ms", ({ userMs, systemMs }) => userMs + systemMs, limits.cpu),
    figure("time", "s", ({ wallMs }) => wallMs / 1000, limits.time),
    figure("peak memory", "MB", ({ maxRssMb }) => maxRssMb, limits.memory),
    figure("requests", "", ({ requests }) => requests),
    figure("received", "kB", ({ bytes }) => bytes / 1000),
  ];
}
