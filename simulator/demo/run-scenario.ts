/** Runs the bundled action once in a scenario. */
import { join } from "node:path";
import { type createCertificates, scenario, type ScenarioName, startSimulator } from "../index.ts";
import { temporaryFolder } from "../lib/temporary-folder.ts";
import { type ActionRun, runAction } from "../runner/run-action.ts";
import type { World } from "../world/world.ts";
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
const PULL_REQUEST = 7;

/** Runs the action. With the input `pr-comment`, it runs as a pull request's workflow does. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { scenario: name, inputs, speed, certificates, onLog } = options;
  const isPullRequest = inputs["pr-comment"] === "true";
  using event = temporaryFolder({ "event.json": JSON.stringify({ action: "synchronize", number: PULL_REQUEST, pull_request: { number: PULL_REQUEST } }) });
  const pullRequestEnv = { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: join(event.path, "event.json"), GITHUB_REF: `refs/pull/${PULL_REQUEST}/merge` };
  await using simulator = await startSimulator({
    scenario: name,
    speed,
    ...(certificates === undefined ? {} : { certificates }),
    ...(isPullRequest ? { tweak: openPullRequest } : {}),
  });
  const run = await runAction({
    simulator,
    inputs,
    env: { ...options.env, ...(isPullRequest ? pullRequestEnv : {}) },
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

/** Opens the pull request whose workflow runs the action. */
function openPullRequest({ github, startedAt }: World): void {
  github.issues.push({
    number: PULL_REQUEST,
    title: "Upgrade the node pools",
    body: "",
    state: "open",
    stateReason: null,
    author: "octocat",
    labels: [],
    locked: false,
    comments: [],
    createdAt: startedAt,
    updatedAt: startedAt,
    isPullRequest: true,
  });
}
