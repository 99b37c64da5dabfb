/** The requests of a run: number, bytes and sequence, by mode and transport. Exact, since the simulated services answer the same each time. */
import { type ScenarioName, startSimulator, type World } from "../../simulator/index.ts";
import { spawnSync } from "node:child_process";
import type { Figure, PartResults } from "../figures.ts";
import { addLatency } from "../latency.ts";
import { criticalPath, depthUntilRead, timeline, type Trace, traced } from "../trace.ts";

/** Real milliseconds that each answer takes: much more than the processing, so that the order of requests depends on the code only. */
const LATENCY_MS = 40;
/** The most requests to Resource Manager of a run on a compliant cluster, and the most in sequence before the cluster is read. */
export const MOST_ARM = 5;
export const MOST_IN_SEQUENCE = 2;

interface Case {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly inputs: Readonly<Record<string, string>>;
  /** Simulated seconds a real second. */
  readonly speed: number;
  readonly needsKubectl?: boolean;
}

const CASES: readonly Case[] = [
  { name: "compliant, direct", scenario: "compliant", inputs: { "kube-access": "direct" }, speed: 1 },
  { name: "compliant, auto", scenario: "compliant", inputs: {}, speed: 1 },
  { name: "compliant, run-command", scenario: "compliant", inputs: { "kube-access": "run-command" }, speed: 10, needsKubectl: true },
  { name: "compliant, no cluster access", scenario: "compliant", inputs: { "kube-access": "none" }, speed: 1 },
  { name: "check, direct", scenario: "compliant", inputs: { mode: "check", "kube-access": "direct" }, speed: 1 },
  { name: "check, drifted, direct", scenario: "reset-by-terraform", inputs: { mode: "check", "kube-access": "direct" }, speed: 1 },
  { name: "switch with its flag, direct", scenario: "fresh", inputs: { "kube-access": "direct" }, speed: 20 },
  { name: "switch, run-command", scenario: "stale-pods", inputs: { "kube-access": "run-command" }, speed: 20, needsKubectl: true },
];

/** Runs the action in a scenario with network latency. */
export async function traceOf(scenario: ScenarioName, inputs: Readonly<Record<string, string>>, speed = 1): Promise<Trace> {
  await using simulator = await startSimulator({ scenario, speed, tweak: shorten });
  const restore = addLatency(LATENCY_MS);
  try {
    return await traced(simulator, inputs);
  } finally {
    restore();
  }
}

/** Whether the tools of run commands are installed. */
export function hasKubectl(): boolean {
  return ["kubectl", "jq"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);
}

export async function requests(): Promise<PartResults> {
  const figures: Figure[] = [];
  const details: string[] = [];
  for (const { name, scenario, inputs, speed, needsKubectl = false } of CASES) {
    if (needsKubectl && !hasKubectl()) {
      details.push(`${name}: not measured, kubectl or jq is not installed`);
      continue;
    }
    const trace = await traceOf(scenario, inputs, speed);
    figures.push(...figuresOf(name, trace));
    if (speed === 1) details.push(`${name}: ${trace.run.outputs["status"] ?? "no status"}; ${LATENCY_MS} ms each answer; * is the critical path`, ...timeline(trace), "");
    else details.push(`${name}: ${trace.run.outputs["status"] ?? "no status"}; timeline omitted`, "");
  }
  return { part: "requests", title: "Requests", figures, details };
}

function figuresOf(name: string, { requests: sent, connections, run }: Trace): readonly Figure[] {
  const arm = sent.filter(({ service }) => service === "arm");
  const others = sent.length - arm.length;
  const inSequence = criticalPath(sent).length;
  const depth = depthUntilRead(sent);
  const isCompliant = run.outputs["status"] === "compliant" && !name.includes("run-command");
  const kilobytes = sent.reduce((sum, { received }) => sum + received, 0) / 1000;
  return [
    {
      name: `${name}: Resource Manager's requests`,
      value: arm.length,
      unit: "",
      ...(isCompliant ? { budget: { text: `at most ${MOST_ARM}`, met: arm.length <= MOST_ARM } } : {}),
    },
    {
      name: `${name}: of these in sequence until the cluster is read`,
      value: depth,
      unit: "",
      ...(isCompliant ? { budget: { text: `at most ${MOST_IN_SEQUENCE}`, met: depth <= MOST_IN_SEQUENCE } } : {}),
    },
    { name: `${name}: others (Entra, GitHub, Kubernetes)`, value: others, unit: "" },
    { name: `${name}: all in sequence`, value: inSequence, unit: "", baseline: { name: "all", value: sent.length } },
    { name: `${name}: received`, value: kilobytes, unit: "kB" },
    { name: `${name}: connections`, value: connections, unit: "", baseline: { name: "requests", value: sent.length } },
  ];
}

/** Shortens Azure's durations: this part measures requests, not waiting. */
function shorten({ timing }: World): void {
  Object.assign(timing, { featureRegistration: 60_000, featurePropagation: 15_000, clusterUpdate: 60_000, daemonSetRollout: 30_000, podStart: 5000, rolloutStep: 5000 });
}
