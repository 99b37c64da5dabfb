/** set-owner: the repository's name in its own files. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { textOf } from "../docs/repository.ts";
import { scratchRepository } from "./scratch-repository.ts";

const FILES = {
  "README.md": "uses: org/istio-cni-aks@v1\nuses: org/istio-cni-aks/discover@v1\n",
  ".github/workflows/called.yml": "uses: org/istio-cni-aks/.github/workflows/fleet-check.yml@v1\n",
  "test.ts": "const uses = /uses: org\\/istio-cni-aks@v1/;\n",
  "other.md": "my-org/istio-cni-aks, org/istio-cni-aks-docs and istio-cni-aks are others\n",
  "dist/index.js": 'const repository = "org/istio-cni-aks";\n',
  "picture.png": "\0org/istio-cni-aks",
};

describe("set-owner", () => {
  it("replaces the placeholder everywhere but in the bundle, in pictures and in other names", () => {
    using repository = scratchRepository(FILES);
    const { exitCode, output } = repository.script("set-owner.mjs", "contoso/istio-cni-aks");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("Replaced in 3 files")]);
    expect(repository.read("README.md")).toBe("uses: contoso/istio-cni-aks@v1\nuses: contoso/istio-cni-aks/discover@v1\n");
    expect(repository.read(".github/workflows/called.yml")).toContain("contoso/istio-cni-aks/.github/");
    expect(repository.read("test.ts")).toContain("contoso\\/istio-cni-aks@v1");
    for (const path of ["other.md", "dist/index.js", "picture.png"] as const) expect(repository.read(path), path).toBe(FILES[path]);
  });

  it("takes another name for the repository, and moves it a second time", () => {
    using repository = scratchRepository(FILES);
    repository.script("set-owner.mjs", "contoso/mesh-action");
    repository.script("set-owner.mjs", "fabrikam/mesh", "contoso/mesh-action");
    expect(repository.read("README.md")).toBe("uses: fabrikam/mesh@v1\nuses: fabrikam/mesh/discover@v1\n");
    expect(repository.script("set-owner.mjs", "fabrikam/mesh").output).toContain("Nothing to replace.");
  });

  it("refuses what is not owner/name, and changes nothing", () => {
    using repository = scratchRepository(FILES);
    for (const name of ["contoso", "contoso/", "https://github.com/contoso/x", "contoso/x y", "-x/y", "$&/x"]) expect(repository.script("set-owner.mjs", name).exitCode, name).not.toBe(0);
    expect(repository.git("status", "--porcelain")).toBe("");
  });

  it("knows every form in which this repository's files name it", () => {
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: fileURLToPath(new URL("../../", import.meta.url)), encoding: "utf8" }).split("\0");
    const texts = tracked.filter((path) => /\.(?:md|ya?ml|ts|json|mjs|tf|bicep)$/.test(path) && !/^(?:dist|scripts\/release|__tests__\/release)\//.test(path));
    const others = texts.flatMap((path) => textOf(path).match(/(?<![\w.@-])org(?:\\?\/|["'`])(?!istio-cni-aks(?![\w-])).{0,40}/g)?.map((found) => `${path}: ${found}`) ?? []);
    expect(texts.length).toBeGreaterThan(100);
    expect(others).toEqual([]);
  });
});
