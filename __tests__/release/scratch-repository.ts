/** A repository of its own, with a remote, in which the steps of a release run as in the release workflow. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface ScriptRun {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface ScratchRepository extends Disposable {
  read(path: string): string;
  write(files: Readonly<Record<string, string>>): void;
  git(...args: readonly string[]): string;
  /** Commits all files, and pushes the branch. */
  commit(message: string): string;
  /** The commit that a tag of the remote has, or undefined. */
  remoteTag(tag: string): string | undefined;
  /** Runs scripts/release/`name`. */
  script(name: string, ...args: readonly string[]): ScriptRun;
  /** Runs the script of a workflow's step as the runner does, with a `gh` that only prints how it was called. */
  step(script: string, env: Readonly<Record<string, string>>): ScriptRun;
}

/** A runner's: nobody has configured git. */
const RUNNER = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

/** A contributor's, with an identity for commits. */
const CONTRIBUTOR = {
  ...RUNNER,
  ...Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((role) => [[`GIT_${role}_NAME`, "octocat"], [`GIT_${role}_EMAIL`, "octocat@example.com"]])),
};

export function scratchRepository(files: Readonly<Record<string, string>>): ScratchRepository {
  const folder = temporaryFolder();
  const work = join(folder.path, "work");
  const remote = join(folder.path, "remote.git");
  mkdirSync(work);
  const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: work, env: CONTRIBUTOR, encoding: "utf8", stdio: "pipe" }).trim();
  git("init", "--quiet", "--initial-branch=main");
  git("init", "--quiet", "--bare", remote);
  git("remote", "add", "origin", remote);
  cpSync(`${ROOT}scripts/release`, join(work, "scripts/release"), { recursive: true });
  const repository: ScratchRepository = {
    read: (path) => readFileSync(join(work, path), "utf8"),
    write(more) {
      for (const [path, text] of Object.entries(more)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), text);
      }
    },
    git,
    commit(message) {
      git("add", ".");
      git("commit", "--quiet", "--allow-empty", "--message", message);
      git("push", "--quiet", "origin", "HEAD");
      return git("rev-parse", "HEAD");
    },
    remoteTag: (tag) => /^[0-9a-f]{40}/.exec(git("ls-remote", "origin", `refs/tags/${tag}^{}`, `refs/tags/${tag}`).split("\n").at(-1) ?? "")?.[0],
    script(name, ...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/release/${name}`, ...args], { cwd: work, env: RUNNER, encoding: "utf8" });
      return { exitCode: status, output: stdout + stderr };
    },
    step(script, env) {
      const bin = join(folder.path, "bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "gh"), '#!/bin/sh\necho "gh $*"\n', { mode: 0o755 });
      const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd: work, env: { ...RUNNER, ...env, PATH: `${bin}:${RUNNER.PATH ?? ""}` }, encoding: "utf8" });
      return { exitCode: status, output: stdout + stderr };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  repository.write(files);
  repository.commit("first");
  return repository;
}
