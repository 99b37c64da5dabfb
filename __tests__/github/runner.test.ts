/** What the runner makes of all that a run hands over: through the toolkit itself, and read by the runner's own rules. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@actions/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseOutputs } from "../../simulator/runner/action-output.ts";
import { annotationsOf, emitAnnotations } from "../../src/github/annotations.ts";
import { annotate, setActionOutputs } from "../../src/github/publish.ts";
import { ActionsLog } from "../../src/github/log.ts";
import { OUTPUT_NAMES, outputsOf, setOutputs } from "../../src/github/outputs.ts";
import { hostileText } from "../report/hostile-text.ts";
import { check, driftedReport, failedReport, report } from "../report/samples.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "runner-"));
  vi.stubEnv("GITHUB_OUTPUT", join(directory, "output"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** What is printed meanwhile. */
function printed(work: () => void): string {
  const parts: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((part) => {
    parts.push(String(part));
    return true;
  });
  try {
    work();
  } finally {
    spy.mockRestore();
  }
  return parts.join("");
}

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** actions/runner, `ActionCommand.cs`; C# compares words by culture there, and so overlooks what is invisible. */
function commandIn(line: string): Command | undefined {
  const seen = line.replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "").replace(/^\p{White_Space}+/u, "");
  const old = seen.indexOf("##[");
  if (old >= 0) return { name: seen.slice(old), properties: {}, data: "" };
  const [, head = "", data = ""] = /^::(.*?)::(.*)$/.exec(seen) ?? [];
  if (!seen.startsWith("::")) return undefined;
  const [name = "", ...rest] = head.split(" ");
  const properties = rest.join(" ").split(",").filter((pair) => pair !== "").map((pair): [string, string] => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
  return { name, properties: Object.fromEntries(properties), data };
}

const lines = (text: string): string[] => text.split(/\r\n|[\r\n\u0085\u2028\u2029]/).filter((line) => line !== "");
/** After the runner has put back what the toolkit escapes. */
const isOneLine = (text: string): boolean => !/\p{Cc}|%0[ad]/iu.test(text.replaceAll("%25", ""));

describe("the runner", () => {
  it("sees the log's own lines and commands, one each, whatever they say", () => {
    fc.assert(
      fc.property(hostileText, hostileText, (text, other) => {
        const told = lines(
          printed(() => {
            const log = new ActionsLog(() => 0, { ...core, isDebug: () => true });
            log.phase(text);
            log.info(text);
            log.warning(other);
            log.debug(text);
            log.phase(other);
            log.end();
          }),
        );
        const commands = told.map((line) => commandIn(line)?.name ?? "");
        expect(commands).toEqual(["group", "", "", "debug", "endgroup", "group", "endgroup"]);
        // The runner puts line ends back in commands only: in other lines they are letters.
        for (const line of told) expect(commandIn(line) === undefined ? !/\p{Cc}/u.test(line) : isOneLine(line), line).toBe(true);
      }),
    );
  });

  it("sees as many annotations as there are, each with a title and nothing else", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const said = check({ result: "fail", title: text, message: text, remedy: text });
        const all = [
          ...annotationsOf({ report: driftedReport({ checks: Array.from({ length: 12 }, () => said) }), failing: true }),
          ...annotationsOf({ report: failedReport({ error: { code: text, doing: text, message: text, remedy: text } }), failing: true }),
          ...annotationsOf({ report: report({ status: "unverified", checks: [check({ ...said, result: "warn" })] }), failing: false }),
        ];
        const told = lines(printed(() => {
          emitAnnotations(all);
          annotate("warning", text, text);
        }));
        expect(told).toHaveLength(all.length + 1);
        for (const line of told) {
          const command = commandIn(line);
          expect(command?.name, line).toMatch(/^(?:error|warning)$/);
          expect(Object.keys(command?.properties ?? {}).filter((name) => name !== "title"), line).toEqual([]);
          expect(isOneLine(line), line).toBe(true);
        }
      }),
    );
  });

  it("gets every output under its own name, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const path = join(directory, "output");
        writeFileSync(path, "");
        const outputs = outputsOf(report({ mesh: { mode: text, revisions: [text, text], redirectionMechanism: { before: text, after: text } }, feature: { name: text, before: text, after: text } }), {
          changed: true,
          daemonsetReady: text,
          reportPath: text,
        });
        await setOutputs(outputs);
        await setActionOutputs({ matrix: JSON.stringify({ include: [{ name: text }] }) });
        const heard = parseOutputs(readFileSync(path, "utf8"));
        expect(Object.keys(heard)).toEqual([...OUTPUT_NAMES, "matrix"]);
        expect(JSON.parse(heard["matrix"] ?? "")).toEqual({ include: [{ name: text }] });
        expect(heard["revisions"]).toBe(outputs.revisions);
      }),
    );
  });
});
