/** The steps of the release workflow on a scratch repository: what has to agree before, and the tags that move after. */
import { describe, expect, it } from "vitest";
import { scratchRepository, type ScratchRepository } from "./scratch-repository.ts";

const REPOSITORY = "contoso/istio-cni-aks";
const CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-27\n\n### Added\n\n- Twelve, in [examples](examples) and [elsewhere](https://example.com).\n\n## [1.1.0] - 2026-10-01\n\n- Eleven.\n\n[Unreleased]: https://example.com\n";

function released(version: string, changelog = CHANGELOG): Readonly<Record<string, string>> {
  return { "package.json": `{ "version": "${version}" }`, "src/lib/version.ts": `export const VERSION = "${version}";\n`, "CHANGELOG.md": changelog, "README.md": `uses: ${REPOSITORY}@v1\n` };
}

/** Tags the commit that is checked out, as the owner does, and pushes the tag. */
function tag(repository: ScratchRepository, name: string): void {
  repository.git("tag", "--annotate", name, "--message", name);
  repository.git("push", "--quiet", "origin", `refs/tags/${name}`);
}

describe("check-tag", () => {
  it("has nothing to say about a tag that may be released", () => {
    using repository = scratchRepository(released("1.2.0"));
    tag(repository, "v1.2.0");
    expect(repository.script("check-tag.mjs", "v1.2.0", REPOSITORY)).toEqual({ exitCode: 0, output: "" });
  });

  it("names everything that disagrees, and what to do about it", () => {
    using repository = scratchRepository({ ...released("1.1.0", "## [Unreleased]\n\n- Something.\n"), "README.md": "uses: org/istio-cni-aks@v1\n", ".github/CODEOWNERS": "* @org/maintainers\n" });
    repository.git("checkout", "--quiet", "-b", "topic");
    repository.commit("not on main");
    tag(repository, "v1.2.0");
    const { exitCode, output } = repository.script("check-tag.mjs", "v1.2.0", REPOSITORY);
    expect(exitCode).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      "package.json has the version 1.1.0: npm version --no-git-tag-version 1.2.0",
      "src/lib/version.ts has the version 1.1.0",
      'CHANGELOG.md has no section "## [1.2.0] - YYYY-MM-DD": rename [Unreleased]',
      `README.md names another repository than ${REPOSITORY}: node scripts/release/set-owner.mjs ${REPOSITORY}`,
      ".github/CODEOWNERS names @org/maintainers: put the owners in their place",
      "v1.2.0 is not on origin/main",
    ]);
  });

  it("refuses what is not the tag of a release", () => {
    using repository = scratchRepository(released("1.2.0"));
    for (const name of ["1.2.0", "v1.2", "v1.2.0-rc.1", "v01.2.0", ""]) expect(repository.script("check-tag.mjs", name, REPOSITORY).output, name).toContain("is not the tag of a release");
  });
});

describe("the notes of a release", () => {
  it("are its section of the changelog, and how to verify the build", () => {
    using repository = scratchRepository(released("1.2.0"));
    const { exitCode, output } = repository.script("notes.mjs", "v1.2.0", REPOSITORY);
    expect(exitCode).toBe(0);
    expect(output).toContain(`### Added\n\n- Twelve, in [examples](https://github.com/${REPOSITORY}/blob/v1.2.0/examples) and [elsewhere](https://example.com).\n\n### Verify\n`);
    expect(output).toContain(`gh attestation verify istio-cni-aks/dist/index.js --repo ${REPOSITORY}`);
    expect(output).not.toContain("Eleven");
  });

  it("of the oldest release end before the links", () => {
    using repository = scratchRepository(released("1.2.0"));
    expect(repository.script("notes.mjs", "v1.1.0", REPOSITORY).output).toMatch(/^- Eleven\.\n\n### Verify/);
  });

  it.each([
    ["## [1.2.0]\n\n- Twelve.\n", "has no date for 1.2.0"],
    ["## [1.2.0] - 2026-11-27\n\n## [1.1.0] - 2026-10-01\n\n- Eleven.\n", "says nothing about 1.2.0"],
  ])("are refused where the changelog is %j", (changelog, problem) => {
    using repository = scratchRepository(released("1.2.0", changelog));
    const { exitCode, output } = repository.script("notes.mjs", "v1.2.0", REPOSITORY);
    expect([exitCode, output]).toEqual([1, expect.stringContaining(problem)]);
  });
});

describe("move-tags", () => {
  /** Releases in this order, each a commit of its own. */
  function releases(repository: ScratchRepository, ...names: readonly string[]): ReadonlyMap<string, string> {
    return new Map(
      names.map((name) => {
        const commit = repository.commit(name);
        tag(repository, name);
        return [name, commit];
      }),
    );
  }
  const following = (repository: ScratchRepository): Record<string, string | undefined> => Object.fromEntries(["v1", "v1.2", "v1.3", "v1.10"].map((name) => [name, repository.remoteTag(name)]));

  it("makes v1 and v1.2 on the remote, and moves them to the next release", () => {
    using repository = scratchRepository(released("1.2.0"));
    const commits = releases(repository, "v1.2.0");
    expect(repository.script("move-tags.mjs", "v1.2.0").exitCode).toBe(0);
    expect(following(repository)).toMatchObject({ v1: commits.get("v1.2.0"), "v1.2": commits.get("v1.2.0") });
    const next = releases(repository, "v1.2.1");
    const { exitCode, output } = repository.script("move-tags.mjs", "v1.2.1");
    expect([exitCode, output.trim().split("\n")[0]]).toEqual([0, `v1 -> v1.2.1 (${next.get("v1.2.1") ?? ""})`]);
    expect(following(repository)).toMatchObject({ v1: next.get("v1.2.1"), "v1.2": next.get("v1.2.1") });
  });

  it("does not move v1 back when an older minor version is mended, and compares by number", () => {
    using repository = scratchRepository(released("1.2.0"));
    const commits = releases(repository, "v1.2.0", "v1.10.0");
    repository.script("move-tags.mjs", "v1.10.0");
    const mended = releases(repository, "v1.2.1");
    const { exitCode, output } = repository.script("move-tags.mjs", "v1.2.1");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("v1 stays: v1.10.0 is newer than v1.2.1")]);
    expect(following(repository)).toMatchObject({ v1: commits.get("v1.10.0"), "v1.2": mended.get("v1.2.1"), "v1.10": commits.get("v1.10.0") });
  });

  it("goes back to the release before with --back: so a release is revoked", () => {
    using repository = scratchRepository(released("1.2.0"));
    const commits = releases(repository, "v1.2.0", "v1.3.0");
    repository.script("move-tags.mjs", "v1.2.0");
    repository.script("move-tags.mjs", "v1.3.0");
    expect(repository.script("move-tags.mjs", "v1.2.0", "--back").exitCode).toBe(0);
    expect(following(repository)).toMatchObject({ v1: commits.get("v1.2.0"), "v1.3": commits.get("v1.3.0") });
  });

  it("changes nothing where the release's own tag is not there", () => {
    using repository = scratchRepository(released("1.2.0"));
    expect(repository.script("move-tags.mjs", "v1.2.0").exitCode).not.toBe(0);
    expect(repository.git("ls-remote", "--tags", "origin")).toBe("");
  });

  it("finds releases that only the remote has", () => {
    using repository = scratchRepository(released("1.2.0"));
    const commits = releases(repository, "v1.2.0", "v1.3.0");
    repository.script("move-tags.mjs", "v1.3.0");
    repository.git("tag", "--delete", "v1.3.0");
    repository.script("move-tags.mjs", "v1.2.0");
    expect(following(repository)["v1"]).toBe(commits.get("v1.3.0"));
  });
});
