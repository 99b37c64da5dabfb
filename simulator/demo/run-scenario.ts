/** Runs the bundled action once in a scenario. */
import { type createCertificates, scenario, type ScenarioName, startSimulator } from "../index.ts";
import { type ActionRun, runAction } from "../runner/run-action.ts";
import { pullRequest } from "../world/github.ts";
import { type PostedText, postedTexts } from "./posted-texts.ts";

export interface ScenarioOptions {
  readonly scenario: ScenarioName;
  /** Inputs of the action. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Simulated seconds per real second, while the run waits. */
  readonly speed: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly certificates?: ReturnType<typeof createCertificates>;
  readonly onLog?: (text: string) => void;
}

export interface ScenarioResult {
  readonly run: ActionRun;
  /** The requests that change something. */
  readonly changes: readonly string[];
  /** What the simulated GitHub holds afterwards. */
  readonly posted: readonly PostedText[];
  /** Whether the action is expected to fail in this scenario with these inputs. */
  readonly failureExpected: boolean;
}

/** Real milliseconds; long enough for a demo at --speed 1. */
const KILL_AFTER = 3_600_000;
/** The number of the pull request whose workflow runs the action, where one does. */
const PULL_REQUEST = 7;

/** Runs the action. With the input `pr-comment`, it runs as a pull request's workflow does. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { scenario: name, inputs, speed, certificates, onLog } = options;
  const isPullRequest = inputs["pr-comment"] === "true";
  const event = { name: "pull_request", payload: { number: PULL_REQUEST, pull_request: { number: PULL_REQUEST } } };
  await using simulator = await startSimulator({
    scenario: name,
    speed,
    ...(certificates === undefined ? {} : { certificates }),
    ...(isPullRequest ? { tweak: ({ github, startedAt }) => void github.issues.push(pullRequest(PULL_REQUEST, "octocat", startedAt)) } : {}),
  });
  const run = await runAction({
    simulator,
    inputs,
    ...(isPullRequest ? { event } : {}),
    ...(options.env === undefined ? {} : { env: options.env }),
    killAfter: KILL_AFTER,
    ...(onLog === undefined ? {} : { onLog }),
  });
  return {
    run,
    changes: simulator.requestLog.changes(),
    posted: postedTexts(simulator.world.github.issues),
    failureExpected: isFailureExpected(name, inputs),
  };
}

function isFailureExpected(name: ScenarioName, inputs: Readonly<Record<string, string>>): boolean {
  const mode = inputs["mode"] ?? "apply";
  const { failsIn, failsRestarting = false } = scenario(name);
  return failsIn.includes(mode) || (failsRestarting && mode === "apply" && inputs["restart-workloads"] === "stale");
}
