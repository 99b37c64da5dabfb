/** Commands in pages can be pasted: a shell takes every block, and each block says for itself what its variables are. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { codeBlocks, markdownFiles } from "./repository.ts";

const blocks = markdownFiles().flatMap((path) => codeBlocks(path, "sh").map((text) => ({ path, text, first: text.split("\n")[0] ?? "" })));

describe("shell commands in pages", () => {
  it("are found", () => {
    expect(blocks.length).toBeGreaterThan(30);
  });

  it.each(blocks)("$path: $first: is shell", ({ text }) => {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("name no placeholder that a shell takes for a redirection", () => {
    for (const { path, text } of blocks) expect(text.replace(/"[^"]*"|'[^']*'/g, ""), path).not.toMatch(/<[a-z-]+>/i);
  });
});
