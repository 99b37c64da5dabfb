/** The release workflow: who may write, in which order, and its shell steps on a scratch folder. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { isThere, textOf } from "../docs/repository.ts";
import type { Job, Workflow } from "../docs/workflow-files.ts";

const TEXT = textOf(".github/workflows/release.yml");
const { jobs } = parse(TEXT) as Workflow;
const verify = jobs["verify"] as Job & { readonly outputs: Readonly<Record<string, string>> };
const publish = jobs["publish"] as Job & { readonly needs: string };

/** What each step does: its command, or the action that it uses. */
function steps(job: Job): readonly string[] {
  return (job.steps ?? []).map(({ run, uses = "" }) => run ?? uses.replace(/@.*/, ""));
}

function scriptOf(job: Job, name: string): string {
  const run = job.steps?.find((step) => step.name === name)?.run;
  if (run === undefined) throw new Error(`There is no step "${name}".`);
  return run;
}

function bash(script: string, cwd: string, env: Readonly<Record<string, string>> = {}): { readonly exitCode: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd, env: { PATH: process.env["PATH"], ...env }, encoding: "utf8" });
  return { exitCode: status, output: stdout + stderr };
}

describe("the release workflow", () => {
  it("starts from a tag v1.2.3 alone", () => {
    expect((parse(TEXT) as { on: unknown }).on).toEqual({ push: { tags: ["v[0-9]+.[0-9]+.[0-9]+"] } });
  });

  it("builds and tests everything that CI does, without any right to write", () => {
    expect(verify.permissions).toEqual({ contents: "read" });
    const local = [...textOf(".ci/run").matchAll(/^npm (?:ci|test|run [a-z]+)/gm)].map(([command]) => command);
    expect(local.length).toBeGreaterThan(5);
    for (const command of local) expect(steps(verify).some((step) => step.startsWith(command)), command).toBe(true);
  });

  it("writes after approval only, in a job in which no package's code runs", () => {
    expect(publish).toMatchObject({ needs: "verify", environment: "release", permissions: { contents: "write", "id-token": "write", attestations: "write" } });
    expect(steps(publish).filter((step) => /\bnpm\b|\bnpx\b|setup-node/.test(step))).toEqual([]);
  });

  it("compares, attests, publishes, and moves the tags, in this order", () => {
    const order = ["base64", "actions/attest-build-provenance", "scripts/release/publish.sh", "gh auth setup-git"].map((beginning) => steps(publish).findIndex((step) => step.startsWith(beginning)));
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(order).not.toContain(-1);
  });

  it("starts scripts that are there", () => {
    const scripts = [...TEXT.matchAll(/(?:node|run:) (scripts\/\S+)/g)].map(([, path = ""]) => path);
    expect(scripts).toEqual(["scripts/release/check-tag.mjs", "scripts/release/notes.mjs", "scripts/release/publish.sh", "scripts/release/move-tags.mjs"]);
    for (const path of scripts) expect(isThere(path), path).toBe(true);
  });
});

describe("the digests that the first job hands to the second", () => {
  it.each([
    ["are those of the same files", {}, 0],
    ["differ from those of another bundle", { "dist/index.js": "other" }, 1],
    ["differ where a licence is another", { "dist/licenses.txt": "other" }, 1],
  ])("%s", (_, changed, exitCode) => {
    using folder = temporaryFolder();
    const write = (files: Readonly<Record<string, string>>): void => {
      mkdirSync(join(folder.path, "dist"), { recursive: true });
      for (const [path, text] of Object.entries(files)) writeFileSync(join(folder.path, path), text);
    };
    write({ "dist/index.js": "bundle", "dist/licenses.txt": "licences" });
    const output = join(folder.path, "output");
    expect(bash(scriptOf(verify, "digests of dist"), folder.path, { GITHUB_OUTPUT: output }).exitCode).toBe(0);
    const [, digests = ""] = /^digests=([A-Za-z0-9+/=]+)\n$/.exec(readFileSync(output, "utf8")) ?? [];
    expect(verify.outputs["digests"]).toContain("steps.digests.outputs.digests");
    write(changed);
    const compared = bash(scriptOf(publish, "dist is what was built and tested"), folder.path, { DIGESTS: digests });
    expect(compared.exitCode, compared.output).toBe(exitCode);
  });
});

describe("publish.sh", () => {
  /** A `gh` that keeps one release in a file, `none`, `draft` or `published`, logs its calls, and fails at one of them. */
  const GH = `#!/usr/bin/env bash
printf '%s\\n' "$*" >> log
[[ "$2" != "$FAILS" ]] || exit 1
state=$(cat state)
case $2 in
  view) [[ $state != none ]] || exit 1; [[ $state == draft ]] && echo true || echo false ;;
  create) echo draft > state ;;
  upload) [[ $state == draft ]] || exit 1 ;;
  edit) echo published > state ;;
esac
`;
  function run(state: "none" | "draft" | "published", fails = "nothing"): { readonly exitCode: number | null; readonly state: string; readonly calls: readonly string[] } {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "gh"), GH, { mode: 0o755 });
    writeFileSync(join(folder.path, "state"), state);
    const script = fileURLToPath(new URL("../../scripts/release/publish.sh", import.meta.url));
    const { exitCode } = bash(`"${script}" v1.2.3 notes.md sbom.cdx.json licenses.txt`, folder.path, { PATH: `${folder.path}:${process.env["PATH"] ?? ""}`, FAILS: fails });
    const read = (path: string): string => readFileSync(join(folder.path, path), "utf8").trim();
    return { exitCode, state: read("state"), calls: read("log").split("\n").slice(1) };
  }
  const UPLOAD = "release upload v1.2.3 --clobber sbom.cdx.json licenses.txt";
  const PUBLISH = "release edit v1.2.3 --draft=false";

  it("makes a draft of the tag that is there, adds the files, and publishes it", () => {
    expect(run("none")).toEqual({ exitCode: 0, state: "published", calls: ["release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file notes.md", UPLOAD, PUBLISH] });
  });

  it("goes on with a draft that is left over, and does not touch what is published", () => {
    expect(run("draft")).toEqual({ exitCode: 0, state: "published", calls: [UPLOAD, PUBLISH] });
    expect(run("published")).toEqual({ exitCode: 0, state: "published", calls: [] });
  });

  it("publishes nothing whose files are missing", () => {
    expect(run("none", "upload")).toMatchObject({ exitCode: 1, state: "draft" });
    expect(run("none", "create")).toMatchObject({ exitCode: 1, state: "none" });
  });
});

/** GitHub says so only at the moment of publishing. */
describe("the listing in GitHub's Marketplace", () => {
  const action = parse(textOf("action.yml")) as { readonly name: string; readonly description: string; readonly branding: { readonly icon: string; readonly color: string } };

  it("has a name, an icon, and a description of at most 125 characters", () => {
    expect(action.name).not.toBe("");
    expect(action.description.length).toBeLessThanOrEqual(125);
    expect(action.branding).toEqual({ icon: expect.stringMatching(/^[a-z-]+$/) as string, color: expect.stringMatching(/^(?:white|black|yellow|blue|green|orange|red|purple|gray-dark)$/) as string });
  });
});
