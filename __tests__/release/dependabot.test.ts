/** dependabot-dist.yml: the bundle of an updated dependency comes into Dependabot's pull request. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { textOf } from "../docs/repository.ts";
import type { Workflow } from "../docs/workflow-files.ts";
import { scratchRepository } from "./scratch-repository.ts";

const { jobs } = parse(textOf(".github/workflows/dependabot-dist.yml")) as Workflow;
const COMMIT = jobs["push"]?.steps?.find(({ name }) => name === "commit dist")?.run ?? "";
const BRANCH = "dependabot/npm_and_yarn/bundled-1a2b3c";

describe("dependabot-dist", () => {
  it("runs the new package's code only where nothing may be written", () => {
    expect(jobs["build"]?.permissions).toEqual({ contents: "read" });
    const writing = jobs["push"]?.steps?.map(({ run = "", uses = "" }) => `${run} ${uses}`).join("\n");
    expect(writing).not.toMatch(/\bnpm\b|\bnode\b/);
  });

  it("commits and pushes a bundle that has changed, and starts ci for the commit", () => {
    using repository = scratchRepository({ "dist/index.js": "old", "dist/gone.js": "old", "package.json": "{}" });
    repository.git("push", "--quiet", "origin", `HEAD:refs/heads/${BRANCH}`);
    repository.git("rm", "--quiet", "-r", "dist");
    repository.git("reset", "--quiet");
    repository.write({ "dist/index.js": "new", "dist/licenses.txt": "new", "stray.txt": "not part of it" });
    const { exitCode, output } = repository.step(COMMIT, { BRANCH });
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`gh workflow run ci.yml --ref ${BRANCH}`);
    repository.git("fetch", "--quiet", "origin", BRANCH);
    expect(repository.git("show", "--stat=200", "--format=%an: %s", "FETCH_HEAD").split("\n").filter((line) => line !== "")).toEqual([
      "github-actions[bot]: Build dist/ [dependabot skip]",
      expect.stringContaining("dist/gone.js"),
      expect.stringContaining("dist/index.js"),
      expect.stringContaining("dist/licenses.txt"),
      expect.stringContaining("3 files changed"),
    ]);
  });

  it("leaves the pull request as it is where the bundle is the same", () => {
    using repository = scratchRepository({ "dist/index.js": "same" });
    expect(repository.step(COMMIT, { BRANCH })).toEqual({ exitCode: 0, output: "dist/ is the same.\n" });
  });
});
