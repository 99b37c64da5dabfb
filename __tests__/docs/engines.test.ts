/** `npm ci` on the oldest supported Node prints no EBADENGINE: every package of the lock file runs there. */
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { textOf } from "./repository.ts";

const { satisfies, minVersion } = createRequire(import.meta.url)("semver") as {
  readonly satisfies: (version: string, range: string) => boolean;
  readonly minVersion: (range: string) => { readonly version: string };
};
const { packages } = JSON.parse(textOf("package-lock.json")) as { packages: Readonly<Record<string, { readonly version: string; readonly engines?: { readonly node?: string } }>> };
const engines = (JSON.parse(textOf("package.json")) as { engines: { node: string } }).engines.node;

describe("the oldest supported Node", () => {
  const oldest = minVersion(engines).version;
  const ranges = Object.entries(packages).flatMap(([path, { version, engines: needed }]) => (needed?.node === undefined ? [] : [{ path, version, range: needed.node }]));

  it("runs every package of the lock file", () => {
    expect(ranges.length).toBeGreaterThan(100);
    expect(ranges.filter(({ range }) => !satisfies(oldest, range)).map(({ path, version, range }) => `${path} ${version} needs ${range}`)).toEqual([]);
  });

  it("is the one that the pages name", () => {
    const [short] = /^\d+\.\d+/.exec(oldest) ?? [];
    for (const page of ["README.md", "CONTRIBUTING.md", "SECURITY.md"]) expect(textOf(page), page).toContain(`Node ${short ?? ""}`);
  });

  it("is not newer than what CI tests, and .nvmrc is what the action runs on", () => {
    const [tested] = /node: \[(\d+), \d+\]/.exec(textOf(".github/workflows/ci.yml"))?.slice(1) ?? [];
    expect(satisfies(oldest, `^${tested ?? "0"}`)).toBe(true);
    expect(textOf("action.yml")).toContain(`using: node${textOf(".nvmrc").trim()}\n`);
  });
});
