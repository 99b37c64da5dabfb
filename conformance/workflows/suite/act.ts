/** Runs a workflow on nektos/act, without containers, as a workflow of a repository that calls this one's actions. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder, type TemporaryFolder } from "../../../simulator/lib/temporary-folder.ts";
import type { JsonObject } from "../../../simulator/lib/json.ts";
import { JOB_TOKEN } from "../../../simulator/world/github.ts";
import { entriesOf, jobsOf, type StepRun, stepsOf } from "./act-log.ts";
import { asOnGitHub, withSelfReferences } from "./as-on-github.ts";
import type { PublicInternet } from "../../../simulator/server/public-internet.ts";
import { ROOT, workflowFiles, textOf, writeRelease } from "./repository.ts";
import { tool } from "./tool.ts";

export interface WorkflowRequest {
  /** YAML, as it stands in the repository of the caller. */
  readonly workflow: string;
  readonly event: "push" | "pull_request" | "schedule" | "workflow_dispatch";
  /** The event's payload. */
  readonly payload?: JsonObject;
  /** Inputs of workflow_dispatch. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** The variables of the repository and its environments. */
  readonly vars: Readonly<Record<string, string>>;
  /** What fleet-check.yml is to say instead, as it stands in the release; the same by default. */
  readonly called?: (workflow: string) => string;
  /** Whether to run the last workflow run again, as "Re-run all jobs" does; false by default. */
  readonly again?: boolean;
  /** Further files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface WorkflowRun {
  readonly succeeded: boolean;
  readonly steps: readonly StepRun[];
  /** The result of each job that ended, by its name. */
  readonly jobs: ReadonlyMap<string, string>;
  /** Everything that act printed. */
  readonly log: string;
  /** The only step with this ID. @throws where it was not run, or in several jobs */
  step(id: string): StepRun;
}

/** A runner with artifacts and a cache that outlive a workflow run. */
export interface WorkflowRunner extends Disposable {
  /** Folder with what `org/istio-cni-aks@v1` names. */
  readonly release: string;
  run(request: WorkflowRequest): Promise<WorkflowRun>;
}

const MINUTE = 60_000;
const CALLED = ".github/workflows/fleet-check.yml";
const REPOSITORY = "contoso/platform";
const STAND_INS = `${ROOT}conformance/workflows/stand-ins/`;
/** `owner/name[/path]@ref` of an action, or of a workflow that is called. */
const USES = /uses: ([\w.-]+\/[\w.-]+)(?:\/[\w./-]+)?@(\S+)/g;

/** Where each action that a workflow or one of this repository's uses is taken from: `owner/name@ref=folder`. */
function localRepositories(release: string, workflow: string): readonly string[] {
  const used = [workflow, ...workflowFiles().map(textOf)].flatMap((text) => [...text.matchAll(USES)].map(([, name = "", ref = ""]) => ({ name, ref })));
  const folderOf = (name: string): string => (name === "org/istio-cni-aks" ? release : join(STAND_INS, name.split("/").at(-1) ?? ""));
  return [...new Set(used.filter(({ name }) => existsSync(folderOf(name))).map(({ name, ref }) => `${name}@${ref}=${folderOf(name)}`))];
}

/** A clone of the caller's repository, with the workflow in it. */
function writeCaller(folder: string, { workflow, files = {} }: WorkflowRequest, rewrite: (workflow: string) => string): void {
  for (const [path, text] of Object.entries({ ".github/workflows/workflow.yml": workflow, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.startsWith(".github/workflows/") ? rewrite(text) : text);
  }
  const git = (...args: readonly string[]): unknown => execFileSync("git", ["-c", "user.name=octocat", "-c", "user.email=octocat@example.com", ...args], { cwd: folder, stdio: "pipe" });
  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", `https://github.com/${REPOSITORY}.git`);
  git("add", ".");
  git("commit", "--quiet", "--message", "workflow");
}

/** Options that give a value each, as act wants them: `--var A=1 --var B=2`. */
function each(option: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
}

function execute(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<{ readonly exitCode: number | null; readonly log: string }> {
  const child = spawn(tool("act"), args, { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  const killer = setTimeout(() => child.kill("SIGKILL"), 5 * MINUTE);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      clearTimeout(killer);
      resolve({ exitCode, log });
    });
  });
}

/** The programs of a hosted runner that the steps need, with Node 24 in front. */
const PATH = [`${ROOT}node_modules/node/bin`, process.env["PATH"] ?? ""].join(":");

/** Starts a runner whose steps reach this internet and nothing else. */
export function startRunner(internet: PublicInternet): WorkflowRunner {
  const home = temporaryFolder();
  const release = join(home.path, "release");
  const rewrite = (workflow: string): string => asOnGitHub(workflow, internet.oidc);
  const rewriteReleased = (workflow: string): string => rewrite(withSelfReferences(workflow));
  writeRelease(release, rewriteReleased);
  let runId = 4_200_000_000;
  let attempt = 1;
  return {
    release,
    async run(request) {
      using caller: TemporaryFolder = temporaryFolder();
      attempt = request.again === true ? attempt + 1 : 1;
      if (attempt === 1) runId += 1;
      writeCaller(caller.path, request, rewrite);
      writeFileSync(join(release, CALLED), rewriteReleased(request.called?.(textOf(CALLED)) ?? textOf(CALLED)));
      const payload = join(home.path, "event.json");
      writeFileSync(payload, JSON.stringify({ repository: { full_name: REPOSITORY }, inputs: request.inputs ?? {}, ...request.payload }));
      const args = [
        request.event,
        ...["--json", "--pull=false", "--no-cache-server", "--no-skip-checkout", "--container-daemon-socket", "-"],
        ...["--workflows", ".github/workflows/workflow.yml", "--eventpath", payload, "--actor", "octocat", "--action-cache-path", join(home.path, "act")],
        ...["ubuntu-latest", "ubuntu-24.04"].flatMap((label) => ["--platform", `${label}=-self-hosted`]),
        ...localRepositories(release, request.workflow).flatMap((mapping) => ["--local-repository", mapping]),
        ...each("--var", request.vars),
        ...each("--env", { GITHUB_RUN_ID: String(runId), GITHUB_RUN_ATTEMPT: String(attempt), GITHUB_REPOSITORY: REPOSITORY }),
        ...["--secret", `GITHUB_TOKEN=${JOB_TOKEN}`],
      ];
      const { exitCode, log } = await execute(args, caller.path, { PATH, HOME: home.path, LANG: "C.UTF-8", STAND_INS_STORE: join(home.path, "store"), STAND_INS_ORIGIN: caller.path, ACT_DISABLE_VERSION_CHECK: "1", ...internet.env });
      const entries = entriesOf(log);
      const steps = stepsOf(entries);
      return {
        succeeded: exitCode === 0,
        steps,
        jobs: jobsOf(entries),
        log,
        step(id) {
          const [found, ...more] = steps.filter((step) => step.id === id);
          if (found === undefined || more.length > 0) throw new Error(`${more.length === 0 ? "no step" : "several steps"} with the ID ${id}\n${log}`);
          return found;
        },
      };
    },
    [Symbol.dispose]: () => home[Symbol.dispose](),
  };
}
