/** The files with which people and robots come to the repository: issue forms, owners, Dependabot, changelog. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { MODES } from "../../src/contract.ts";
import { isThere, textOf } from "./repository.ts";
import { CALLED_WORKFLOWS, workflowFiles } from "./workflow-files.ts";

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly options?: readonly string[] };
  readonly validations?: { readonly required?: boolean };
}
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

describe.each(["bug", "request"])("the issue form %s", (name) => {
  const form = parse(textOf(`.github/ISSUE_TEMPLATE/${name}.yml`)) as Form;
  const fields = form.body.filter(({ type }) => type !== "markdown");

  it("has what GitHub asks of a form", () => {
    expect([form.name, form.description].every((text) => text !== "")).toBe(true);
    for (const { type, id, attributes } of fields) {
      expect(["input", "textarea", "dropdown", "checkboxes"]).toContain(type);
      expect([id, attributes.label]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringMatching(/./)]);
      if (type === "dropdown") expect(attributes.options?.length).toBeGreaterThan(1);
    }
    for (const key of ["id", "label"] as const) {
      const values = fields.map((field) => (key === "id" ? field.id : field.attributes.label));
      expect(new Set(values).size, key).toBe(values.length);
    }
  });
});

describe("the issue form of a bug", () => {
  const fields = (parse(textOf(".github/ISSUE_TEMPLATE/bug.yml")) as Form).body;
  const field = (id: string): Field | undefined => fields.find((each) => each.id === id);

  it("asks for the version, the mode and the log, and takes the report", () => {
    for (const id of ["version", "mode", "log"]) expect(field(id)?.validations?.required, id).toBe(true);
    expect(field("report")).toBeDefined();
  });

  it("knows every mode, and every workflow to call", () => {
    expect(field("mode")?.attributes.options).toEqual(expect.arrayContaining([...MODES]));
    const called = [...CALLED_WORKFLOWS.values()].map((path) => path.split("/").at(-1));
    expect(field("action")?.attributes.options).toEqual(expect.arrayContaining(["discover", "fleet-summary", ...called]));
  });
});

it("CODEOWNERS names folders that are there, and covers what decides over a release", () => {
  const rules = textOf(".github/CODEOWNERS").split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/\s+/));
  for (const [pattern = "", ...owners] of rules) {
    expect(owners.length, pattern).toBeGreaterThan(0);
    if (pattern !== "*") expect(isThere(pattern.slice(1)), pattern).toBe(true);
  }
  expect(rules.map(([pattern]) => pattern)).toEqual(expect.arrayContaining(["*", "/.github/", "/dist/", "/scripts/release/"]));
});

describe("Dependabot", () => {
  const { updates } = parse(textOf(".github/dependabot.yml")) as { updates: readonly { readonly "package-ecosystem": string; readonly directory?: string; readonly directories?: readonly string[]; readonly groups: object }[] };

  it("groups the updates of npm and of the actions", () => {
    expect(updates.map((update) => update["package-ecosystem"])).toEqual(["npm", "github-actions"]);
    for (const { groups } of updates) expect(Object.keys(groups).length).toBeGreaterThan(0);
  });

  it("sees every folder with workflows: an action is pinned to one commit in all of them", () => {
    const seen = updates[1]?.directories?.map((folder) => (folder === "/" ? ".github/workflows" : folder.slice(1)));
    expect(seen).toEqual([...new Set(workflowFiles().map((path) => path.replace(/\/[^/]*$/, "")))]);
  });
});

describe("CHANGELOG.md", () => {
  const headings = [...textOf("CHANGELOG.md").matchAll(/^## (.*)$/gm)].map(([, heading = ""]) => heading);

  it("begins with what is not released yet, and dates the rest, the newest first", () => {
    expect(headings[0]).toBe("[Unreleased]");
    for (const heading of headings.slice(1)) expect(heading).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
    const dates = headings.slice(1).map((heading) => heading.slice(-10));
    expect(dates).toEqual([...dates].sort().reverse());
  });

  it("has no sections but those of Keep a Changelog", () => {
    const sections = [...textOf("CHANGELOG.md").matchAll(/^### (.*)$/gm)].map(([, section]) => section);
    expect(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]).toEqual(expect.arrayContaining(sections));
  });
});

it("the pages for contributors name npm scripts that exist", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
  const named = ["CONTRIBUTING.md", "docs/releasing.md", ".github/pull_request_template.md"].flatMap((path) => [...textOf(path).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(8);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

it("the dev container runs the Node of .nvmrc", () => {
  const { image } = JSON.parse(textOf(".devcontainer/devcontainer.json")) as { image: string };
  expect(image).toMatch(new RegExp(`:${textOf(".nvmrc").trim()}-`));
});
