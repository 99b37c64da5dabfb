import { describe, expect, it } from "vitest";
import { ActionsLog, mask } from "../../src/github/log.ts";

function recorded(isDebug = true): { log: ActionsLog; lines: string[]; at: (milliseconds: number) => void } {
  let now = 5_000;
  const lines: string[] = [];
  const log = new ActionsLog(() => now, {
    info: (line) => lines.push(line),
    debug: (line) => lines.push(`debug ${line}`),
    isDebug: () => isDebug,
    startGroup: (title) => lines.push(`[ ${title}`),
    endGroup: () => lines.push("]"),
  });
  return { log, lines, at: (milliseconds) => (now = 5_000 + milliseconds) };
}

describe("the log", () => {
  it("groups lines by phase and times them from the start", () => {
    const { log, lines, at } = recorded();
    log.phase("Observe");
    log.info("demo-aks in westeurope");
    at(108_400);
    log.phase("Apply");
    log.info("waiting for the cluster");
    at(3_723_000);
    log.warning("still waiting");
    log.debug("GET 200");
    log.end();
    log.end();
    expect(lines).toEqual([
      "[ Observe",
      "+00:00 demo-aks in westeurope",
      "]",
      "[ Apply",
      "+01:48 waiting for the cluster",
      "+1:02:03 ⚠ still waiting",
      "debug +1:02:03 GET 200",
      "]",
    ]);
  });

  it("is not troubled with details that nobody asked for", () => {
    const { log, lines } = recorded(false);
    log.debug("GET 200");
    log.info("x");
    expect(lines).toEqual(["+00:00 x"]);
  });

  it("prints what it is given on one line, as text", () => {
    const { log, lines } = recorded();
    log.phase("::error::\u001b[31mx");
    log.info("a\n::add-mask::b ##[error]c");
    expect(lines).toEqual([": :error::x", "+00:00 a ::add-mask::b # #[error]c"].map((line, index) => (index === 0 ? `[ ${line}` : line)));
  });

  it("does not run backwards when the clock does", () => {
    const { log, lines, at } = recorded();
    at(-2_000);
    log.info("x");
    expect(lines).toEqual(["+00:00 x"]);
  });
});

describe("masking", () => {
  it("hides secrets, and does not bother the runner with empty ones", () => {
    const masked: string[] = [];
    for (const secret of ["token", "", "  "]) mask(secret, (value) => masked.push(value));
    expect(masked).toEqual(["token"]);
  });
});
