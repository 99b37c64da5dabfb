/** A simulated Azure whose cluster is the real one, and runs of the bundle in it. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Check, CheckId, Report } from "../../src/contract.ts";
import { createCertificates, type Simulator, startSimulator, type World } from "../../simulator/index.ts";
import { isObject, setAt, parseJson } from "../../simulator/lib/json.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { type ActionRun, runAction } from "../../simulator/runner/run-action.ts";
import type { Mechanism } from "../../simulator/world/cluster.ts";
import type { Api } from "./api.ts";
import type { Target, User } from "./kubeconfig.ts";
import { applyMechanism } from "./mesh.ts";

export interface AzureOptions {
  /** What Azure says when the run begins; the cluster itself has to be put there with `settleOn`. */
  readonly mechanism: Mechanism;
  /** Whom the API server sees; `cluster-admin` unless told. */
  readonly user?: User;
  /** The mesh's revision; the target's first unless told. */
  readonly revision?: string;
  /** Where the action meets the API server; the target itself unless told. */
  readonly through?: { readonly origin: string; readonly authority: string };
  /** How many times as fast as real time the action's pauses pass; 1 unless told. Timeouts of connections stay real. */
  readonly speed?: number;
  readonly tweak?: (world: World) => void;
}

export interface Run extends Omit<ActionRun, "report"> {
  readonly report: Report;
  /** A check of the report. @throws where it has none of this id */
  readonly check: (id: CheckId) => Check;
}

export interface Azure extends AsyncDisposable {
  readonly simulator: Simulator;
  /** Runs the bundle once. */
  run(inputs?: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<Run>;
  /** A kubeconfig of the run's identity, as a file. */
  kubeconfig(): Promise<string>;
}

const SECOND = 1000;
/** How often the suite looks whether Azure has made the switch, in milliseconds. */
const GLUE_INTERVAL = 200;
/** In real time, unless a file of expectations asks for pauses that pass faster. */
const INPUTS = { "timeout-minutes": "8", "poll-interval-seconds": "0.5" };
const KILL_AFTER = 600 * SECOND;
const certificates = createCertificates();

const isReport = (() => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const schema = parseJson(readFileSync(fileURLToPath(new URL("../../report.schema.json", import.meta.url)), "utf8"));
  if (!isObject(schema)) throw new Error("report.schema.json is no JSON object.");
  return ajv.compile<Report>(schema);
})();

/** Does in the cluster what AKS does, as soon as Azure's operation has switched the mechanism. */
function followSwitch(world: World, api: Api, revision: string): () => Promise<void> {
  let known = world.cluster.mechanisms.length;
  let working: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    const latest = world.cluster.mechanisms.at(-1);
    if (latest === undefined || world.cluster.mechanisms.length === known) return;
    known = world.cluster.mechanisms.length;
    working = working.then(() => applyMechanism(api, revision, latest.mechanism));
  }, GLUE_INTERVAL);
  return async () => {
    clearInterval(timer);
    await working;
  };
}

function asRun(run: ActionRun): Run {
  const { report } = run;
  if (!isReport(report)) throw new Error(`the report is not valid: ${JSON.stringify(isReport.errors)}\n${run.log}`);
  // Masks and the toolkit's debug lines tell nothing of what went wrong.
  const log = run.log.split("\n").filter((line) => !/^::(?:add-mask|debug)::/.test(line)).join("\n");
  return {
    ...run,
    log,
    report,
    check: (id) => {
      const found = report.checks.find((check) => check.id === id);
      if (found === undefined) throw new Error(`the report has no check ${id}\n${run.log}`);
      return found;
    },
  };
}

/** Starts an Azure around the cluster. Close it, or bind it with `await using`. */
export async function openAzure(target: Target, api: Api, { mechanism, user = "cluster-admin", revision = target.revision, through = target, speed = 1, tweak }: AzureOptions): Promise<Azure> {
  const token = target.tokens[user];
  if (token === undefined) throw new Error(`${target.file} has no user conformance-${user} with a token.`);
  const simulator = await startSimulator({
    // In both Azure knows no preview flag, or has it registered: the flag is no part of these questions.
    scenario: mechanism === "CNIChaining" ? "compliant" : "flag-graduated",
    certificates,
    speed,
    apiServer: { origin: through.origin, authority: through.authority, token },
    tweak: (world) => {
      setAt(world.cluster.body, ["properties", "serviceMeshProfile", "istio", "revisions"], [revision]);
      Object.assign(world.timing, { clusterUpdate: 2 * SECOND, runCommand: 200 });
      world.cluster.runCommand.killAfter = 60 * SECOND;
      tweak?.(world);
    },
  });
  const stopFollowing = followSwitch(simulator.world, api, revision);
  const folder = temporaryFolder();
  const close = async (): Promise<void> => {
    await stopFollowing();
    await simulator.close();
    folder[Symbol.dispose]();
  };
  return {
    simulator,
    async run(inputs = {}, env = {}) {
      const run = await runAction({ simulator, inputs: { ...INPUTS, ...inputs }, env: { ...(speed === 1 ? { NODE_OPTIONS: "" } : {}), ...env }, killAfter: KILL_AFTER });
      return asRun(run);
    },
    async kubeconfig() {
      const file = join(folder.path, "config");
      await writeFile(file, simulator.kubeconfig(), { mode: 0o600 });
      return file;
    },
    [Symbol.asyncDispose]: close,
  };
}
