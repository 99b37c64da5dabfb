/** What actionlint and zizmor say of the workflows, the actions and the complete workflows in pages. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJson, type JsonObject, objectsAt, textAt, valueAt } from "../../../simulator/lib/json.ts";
import { temporaryFolder } from "../../../simulator/lib/temporary-folder.ts";
import { ACCEPTED } from "./accepted-findings.ts";
import { ACTION_FILES, codeBlocks, textOf, workflowFiles } from "./repository.ts";
import { tool } from "./tool.ts";

/** The complete workflows in pages, under names of their own: the auditors know a workflow by its folder. */
const PAGES: Readonly<Record<string, string>> = {
  ".github/workflows/README, Start.yml": codeBlocks("README.md", "Start", "yaml")[0] ?? "",
  ".github/workflows/recipes, A scheduled drift check.yml": codeBlocks("docs/recipes.md", "A scheduled drift check", "yaml")[0] ?? "",
};

const folder = temporaryFolder();
const workflows = [...workflowFiles(), ...Object.keys(PAGES)];

beforeAll(() => {
  for (const path of [...workflows, ...ACTION_FILES]) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), PAGES[path] ?? textOf(path));
  }
  execFileSync("git", ["init", "--quiet"], { cwd: folder.path });
});
afterAll(() => folder[Symbol.dispose]());

interface Finding {
  readonly finding: string;
  readonly at: string;
}

/** Runs an auditor over files, and returns the objects that it prints as JSON. It must end with 0, or with a code that counts findings. */
function audited(program: "actionlint" | "zizmor", args: readonly string[]): readonly JsonObject[] {
  const { status, stdout, stderr } = spawnSync(tool(program), args, { cwd: folder.path, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const found: unknown = stdout === "" ? undefined : JSON.parse(stdout);
  if (!isJson(found)) throw new Error(`${program} ended with ${status ?? "a signal"}: ${stderr}`);
  return objectsAt({ found }, "found");
}

function actionlint(): readonly Finding[] {
  // Without shellcheck and pyflakes: what they say depends on whether they are installed.
  const args = ["-format", "{{json .}}", "-shellcheck", "", "-pyflakes", "", ...workflows];
  return audited("actionlint", args).map((each) => ({ finding: `actionlint ${textAt(each, "kind") ?? ""}`, at: `${textAt(each, "filepath") ?? ""} ${textAt(each, "message") ?? ""}` }));
}

/** `jobs.check.steps.0` of a route in a document. */
function placeOf(location: JsonObject): string {
  return objectsAt(location, "symbolic", "route", "route").map((part) => textAt(part, "Key") ?? JSON.stringify(valueAt(part, "Index") ?? null)).join(".");
}

function zizmor(): readonly Finding[] {
  const args = ["--offline", "--no-config", "--no-exit-codes", "--persona=auditor", "--format=json", ...workflows, ...ACTION_FILES];
  return audited("zizmor", args).map((each) => {
    const [primary] = objectsAt(each, "locations").filter((location) => valueAt(location, "symbolic", "kind") === "Primary");
    if (primary === undefined) throw new Error(`zizmor names no place: ${JSON.stringify(each)}`);
    return { finding: `zizmor ${textAt(each, "ident") ?? ""}`, at: `${textAt(primary, "symbolic", "key", "Local", "verbatim_path") ?? ""} ${placeOf(primary)}` };
  });
}

describe.each([
  ["actionlint", actionlint],
  ["zizmor", zizmor],
])("%s", (name, audit) => {
  it("finds what is accepted, and nothing else", () => {
    const accepted = ACCEPTED.filter(({ finding }) => finding.startsWith(name)).flatMap(({ finding, at }) => at.map((place) => ({ finding, at: place })));
    const line = ({ finding, at }: Finding): string => `${finding}: ${at}`;
    expect([...new Set(audit().map(line))].sort()).toEqual(accepted.map(line).sort());
  });
});

it("the auditors see a fault where there is one", () => {
  const path = ".github/workflows/wrong.yml";
  writeFileSync(join(folder.path, path), 'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo "${{ github.event.issue.title }}"\n');
  expect(audited("actionlint", ["-format", "{{json .}}", path]).map((each) => textAt(each, "kind"))).toContain("expression");
  expect(audited("zizmor", ["--offline", "--no-config", "--no-exit-codes", "--format=json", path]).map((each) => textAt(each, "ident"))).toContain("template-injection");
});
