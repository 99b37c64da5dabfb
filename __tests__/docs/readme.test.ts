import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { generatedFiles, prose, readActionFile } from "../../scripts/docs.ts";
import { AZURE_CHECK_IDS, CLUSTER_CHECK_IDS, KUBE_ACCESS, MODES, STATUSES } from "../../src/contract.ts";
import { InputError } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";
import { readInputs } from "../../src/actions/istio-cni/inputs.ts";
import { OUTPUT_NAMES } from "../../src/github/outputs.ts";
import { scenarios } from "../../simulator/index.ts";
import { textOf } from "./repository.ts";

const README = textOf("README.md");
const action = readActionFile();
const inputNames = action.inputs.map(({ name }) => name);

/** Names of inputs that `readInputs` asks its source for. */
function askedFor(): ReadonlySet<string> {
  const asked = new Set<string>();
  const source = { input: (name: string) => (asked.add(name), ""), names: () => [], environment: () => "" };
  expect(() => readInputs(source)).toThrow(InputError);
  return asked;
}

describe("generated parts", () => {
  it.each(generatedFiles())("$path is current (npm run docs writes it)", ({ now, wanted }) => {
    expect(now).toBe(wanted);
  });

  it("escapes what would break a table, and shows names as code", () => {
    expect(prose("a | b, * or <i>, set resource-group or AZURE_TENANT_ID", inputNames)).toBe(
      "a \\| b, \\* or \\<i>, set `resource-group` or `AZURE_TENANT_ID`",
    );
  });
});

test("the version in User-Agent is that of package.json", () => {
  expect(textOf("package.json")).toContain(`"version": "${VERSION}"`);
});

describe("action.yml", () => {
  it("declares the outputs that are set, in their order", () => {
    expect(action.outputs.map(({ name }) => name)).toEqual([...OUTPUT_NAMES]);
  });

  it("declares exactly the inputs that are read", () => {
    expect([...askedFor()].sort()).toEqual([...inputNames].sort());
  });

  it("describes every input and output, and requires only the cluster", () => {
    for (const { name, description } of [...action.inputs, ...action.outputs]) expect(description, name).not.toBe("");
    expect(action.inputs.filter(({ required }) => required).map(({ name }) => name)).toEqual(["cluster"]);
  });
});

describe("README", () => {
  it.each(action.inputs.map(({ name, fallback }) => ({ name, fallback })))("has the input $name with its default", ({ name, fallback }) => {
    const table = README.slice(README.indexOf("<!-- generated: inputs"), README.indexOf("<!-- end of generated: inputs"));
    const row = table.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toBeDefined();
    if (fallback !== undefined) expect(row).toContain(`\`${fallback}\``);
  });

  it.each([
    ["output", OUTPUT_NAMES],
    ["status", STATUSES],
    ["mode", MODES],
    ["way into the cluster", KUBE_ACCESS],
    ["check", [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS]],
  ] as const)("has a row for each %s", (_, names) => {
    for (const name of names) expect(README).toContain(`| \`${name}\` |`);
  });

  it("sets only inputs that exist, in workflows that are YAML", () => {
    const blocks = [...README.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) {
      for (const document of parseAllDocuments(block)) expect(document.errors).toEqual([]);
      const using = /uses: org\/istio-cni-aks@v1\n(?:\s+id: .*\n)?\s+with:\n((?: {10,}.*\n)+)/.exec(block)?.[1] ?? "";
      const set = [...using.matchAll(/^\s+([a-z-]+):/gm)].map(([, name]) => name);
      for (const name of set) expect(inputNames).toContain(name);
    }
  });

  it("names scenarios and scripts that exist", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    for (const [, name = ""] of README.matchAll(/--scenario ([a-z][a-z-]*)/g)) expect(scenarios.map((scenario) => scenario.name)).toContain(name);
    for (const [, name = ""] of README.matchAll(/npm run ([a-z]+)/g)) expect(Object.keys(scripts)).toContain(name);
  });

  it("states the size of dist/index.js to within 5 %", () => {
    const stated = Number(/`dist\/index\.js` is ([\d.]+) MB/.exec(README)?.[1]);
    const real = statSync(fileURLToPath(new URL("../../dist/index.js", import.meta.url))).size / 1e6;
    expect(Math.abs(stated - real) / real, `stated ${stated} MB, real ${real.toFixed(2)} MB`).toBeLessThan(0.05);
  });
});
