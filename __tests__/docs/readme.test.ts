import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { generatedFiles, prose, readActionFile } from "../../scripts/docs.ts";
import { AZURE_CHECK_IDS, CLUSTER_CHECK_IDS, KUBE_ACCESS, MODES, STATUSES, STEP_IDS } from "../../src/contract.ts";
import { FIRST_REVISION_WITH_CNI } from "../../src/istio/injection/revisions.ts";
import { LONGEST_BACK_OFF_MS } from "../../src/istio/workloads/refused-for-redirection.ts";
import { InputError } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";
import { readInputs } from "../../src/actions/istio-cni/inputs.ts";
import { OUTPUT_NAMES } from "../../src/github/outputs.ts";
import { scenarios } from "../../simulator/index.ts";
import { codeBlocks, documentation, sourceFiles, textOf } from "./repository.ts";

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

/** The generated table of a page. */
function tableOf(path: string, name: string): string {
  const text = textOf(path);
  return text.slice(text.indexOf(`<!-- generated: ${name}`), text.indexOf(`<!-- end of generated: ${name}`));
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

describe.each(["README.md", "docs/reference.md"])("the tables of %s", (path) => {
  it.each(action.inputs.map(({ name, fallback }) => ({ name, fallback })))("have the input $name with its default", ({ name, fallback }) => {
    const row = tableOf(path, "inputs").split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toBeDefined();
    if (fallback !== undefined) expect(row).toContain(`\`${fallback}\``);
  });

  it("have a row for each output", () => {
    for (const name of OUTPUT_NAMES) expect(tableOf(path, "outputs")).toContain(`| \`${name}\` |`);
  });
});

describe("README", () => {
  it("has at most 200 lines", () => {
    expect(README.trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it("has a row for each mode", () => {
    for (const name of MODES) expect(README).toContain(`| \`${name}\` |`);
  });

  it("says how long npm test takes as docs/testing.md does", () => {
    const minutes = ["pure logic", "simulator"].map((layer) => Number(new RegExp(`^\\| ${layer} \\|.*\\| (\\d+) min`, "m").exec(textOf("docs/testing.md"))?.[1]));
    expect(README).toContain(`| \`npm ci && npm test\` | ${minutes.reduce((sum, each) => sum + each, 0)} min |`);
  });
});

describe("the documentation", () => {
  it.each([
    ["docs/reference.md", "status", STATUSES],
    ["docs/reference.md", "step", STEP_IDS],
    ["docs/private-clusters.md", "way into the cluster", KUBE_ACCESS],
  ] as const)("%s has a row for each %s", (path, _, names) => {
    for (const name of names) expect(textOf(path)).toContain(`| \`${name}\` |`);
  });

  it("docs/reference.md has a row for each check, which leads to its help", () => {
    for (const name of [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS]) expect(textOf("docs/reference.md")).toContain(`| [\`${name}\`](troubleshooting.md#${name}) |`);
  });

  it.each(documentation())("%s: sets only inputs that exist, in workflows that are YAML", (path) => {
    const given = path === "docs/fleet.md" ? ["discover", "fleet-summary"].flatMap((name) => readActionFile(`${name}/action.yml`).inputs.map((input) => input.name)) : [];
    for (const block of codeBlocks(path, "yaml")) {
      for (const document of parseAllDocuments(block)) expect(document.errors).toEqual([]);
      const using = /(?:uses: org\/istio-cni-aks\S*@v1\n(?:\s+id: .*\n)?\s+with:\n|^(?= {10}\S))((?: {10,}.*\n)+)/.exec(block)?.[1] ?? "";
      const set = [...using.matchAll(/^ {10}([a-z-]+):/gm)].map(([, name]) => name);
      for (const name of set) expect([...inputNames, ...given]).toContain(name);
    }
  });

  it("names inputs and their values in prose as they are", () => {
    const values: Readonly<Record<string, readonly string[]>> = { mode: MODES, "kube-access": KUBE_ACCESS, "restart-workloads": ["never", "refused", "stale"], "register-feature": ["auto", "always", "never"] };
    const set = documentation().flatMap((path) => [...textOf(path).matchAll(/`([a-z]+(?:-[a-z]+)*):\s([a-z-]+)`/g)].map(([, name = "", value = ""]) => ({ path, name, value })));
    expect(set.length).toBeGreaterThan(50);
    for (const { path, name, value } of set.filter((one) => values[one.name] !== undefined)) expect(values[name], `${path}: ${name}: ${value}`).toContain(value);
  });

  it("names scenarios and scripts that exist", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    for (const text of documentation().map(textOf)) {
      for (const [, name = ""] of text.matchAll(/--scenario ([a-z][a-z-]*)/g)) expect(scenarios.map((scenario) => scenario.name)).toContain(name);
      for (const [, name = ""] of text.matchAll(/npm run ([a-z:]+[a-z])/g)) expect(Object.keys(scripts)).toContain(name);
    }
  });

  it("names each role that a remedy names", () => {
    const roles = new Set(sourceFiles().flatMap((path) => [...textOf(path).matchAll(/role: "([^"]+)"/g)].map(([, role = ""]) => role)));
    expect(roles.size).toBeGreaterThan(5);
    for (const role of roles) expect(textOf("docs/permissions.md")).toContain(role);
  });

  it("names no other built-in role of AKS than remedies do", () => {
    const text = sourceFiles().map(textOf).join("\n");
    for (const path of documentation()) {
      for (const [role] of textOf(path).matchAll(/Azure Kubernetes Service (?:RBAC )?[A-Z][a-z]+(?: (?:Admin|User|Role))*/g)) expect(text, `${path}: ${role}`).toContain(`"${role}"`);
    }
  });

  it("has the numbers of the code: the pause of controllers, the first revision with CNI chaining, the newest api-version", () => {
    const pages = documentation().filter((path) => !path.startsWith("docs/adr/")).map((path) => ({ path, text: textOf(path) }));
    for (const { path, text } of pages) {
      for (const [, minutes] of text.matchAll(/\b(\d+) minutes after (?:the last|each) (?:refusal|denial)/g)) expect(Number(minutes), path).toBe(Math.ceil(LONGEST_BACK_OFF_MS / 60_000));
      for (const [, revision] of text.matchAll(/\b(asm-1-\d+) or later, which|revision (asm-1-\d+) or later/g)) if (revision !== undefined) expect(revision, path).toBe(FIRST_REVISION_WITH_CNI);
    }
    const [, newest = "none"] = /const NEWEST = "([^"]+)"/.exec(textOf("src/azure/api-version.ts")) ?? [];
    expect(textOf("docs/clouds.md")).toContain(`api-version \`${newest}\``);
  });

  it("states the size of dist/index.js to within 5 %", () => {
    const stated = Number(/`dist\/index\.js` is ([\d.]+) MB/.exec(textOf("docs/faq.md"))?.[1]);
    const real = statSync(fileURLToPath(new URL("../../dist/index.js", import.meta.url))).size / 1e6;
    expect(Math.abs(stated - real) / real, `stated ${stated} MB, real ${real.toFixed(2)} MB`).toBeLessThan(0.05);
  });
});
