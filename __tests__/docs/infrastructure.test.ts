/**
 * The identities, roles and meshes of examples/terraform and examples/bicep. HCL is read by HashiCorp's own parser, Bicep by a grammar: its
 * compiler is in no registry of packages that CI reaches, so the parameters of its modules are compared here.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parse } from "@cdktn/hcl2json";
import { beforeAll, describe, expect, it } from "vitest";
import { Language, type Node, Parser } from "web-tree-sitter";
import { isThere, textOf } from "./repository.ts";

interface Role {
  readonly Name: string;
  readonly Description: string;
  readonly Actions: readonly string[];
  readonly DataActions: readonly string[];
}
const ROLES = new Map(["check", "apply", "register-feature"].map((name) => [name, JSON.parse(textOf(`docs/roles/${name}.json`)) as Role]));

type Block = Readonly<Record<string, unknown>>;
/** Blocks by type, and by one or two labels. */
type Document = Readonly<Record<"resource" | "data" | "variable" | "output" | "locals" | "terraform", Readonly<Record<string, unknown>> | undefined>>;

function filesIn(folder: string, extension: string): readonly string[] {
  return readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url))).filter((name) => name.endsWith(extension)).map((name) => `${folder}/${name}`);
}

/** The blocks with two labels, `type.name`. */
function labelled(documents: readonly Document[], kind: "resource" | "data"): ReadonlyMap<string, Block> {
  const entries = documents.flatMap((document) => Object.entries((document[kind] ?? {}) as Readonly<Record<string, Readonly<Record<string, readonly Block[]>>>>));
  return new Map(entries.flatMap(([type, byName]) => Object.entries(byName).map(([name, [block = {}]]) => [`${type}.${name}`, block] as const)));
}

function names(documents: readonly Document[], kind: "variable" | "locals"): readonly string[] {
  return documents.flatMap((document) => (kind === "variable" ? Object.keys(document.variable ?? {}) : ((document.locals ?? []) as unknown as readonly Block[]).flatMap((block) => Object.keys(block))));
}

describe.each(["identity", "mesh"])("examples/terraform/%s", (module) => {
  const files = filesIn(`examples/terraform/${module}`, ".tf");
  const text = files.map((file) => textOf(file).replace(/^\s*#.*$/gm, "")).join("\n");
  let documents: readonly Document[];
  beforeAll(async () => {
    documents = await Promise.all(files.map(async (file) => (await parse(file, textOf(file))) as unknown as Document));
  });

  it("declares what it refers to, and refers to what it declares", () => {
    const variables = names(documents, "variable");
    const locals = names(documents, "locals");
    expect(new Set([...text.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name))).toEqual(new Set(variables));
    expect(new Set([...text.matchAll(/\blocal\.(\w+)/g)].map(([, name]) => name))).toEqual(new Set(locals));
    const resources = labelled(documents, "resource");
    const read = labelled(documents, "data");
    for (const [, data = "", name = ""] of text.matchAll(/(?<![\w."])(data\.)?((?:azurerm|azapi)_\w+\.\w+)/g)) expect([...(data === "" ? resources : read).keys()]).toContain(name);
  });

  it("describes every variable and output, and names the versions that it needs", () => {
    for (const document of documents) {
      for (const kind of ["variable", "output"] as const) {
        for (const [name, [block]] of Object.entries((document[kind] ?? {}) as Readonly<Record<string, readonly [Block]>>)) expect(block["description"], name).toBeTruthy();
      }
    }
    const providers = new Set([...labelled(documents, "resource").keys()].map((name) => name.split("_")[0] ?? ""));
    for (const provider of providers) expect(text).toMatch(new RegExp(`${provider} = \\{\\s+source\\s+= "\\w+/${provider}"\\s+version = "~> \\d+\\.\\d+"`));
  });
});

it("HCL that is wrong is refused, so that silence means something", async () => {
  await expect(parse("wrong.tf", 'resource "a" "b" {\n  c = \n')).rejects.toThrow();
});

describe("examples/terraform/identity", () => {
  let resources: ReadonlyMap<string, Block>;
  beforeAll(async () => {
    resources = labelled(await Promise.all(filesIn("examples/terraform/identity", ".tf").map(async (file) => (await parse(file, textOf(file))) as unknown as Document)), "resource");
  });

  it.each([...ROLES])("has the role %s as docs/roles has it", (name, role) => {
    const definition = resources.get(`azurerm_role_definition.${name.replace("-", "_")}`);
    expect(definition).toMatchObject({ name: role.Name, description: role.Description, permissions: [{ actions: role.Actions, data_actions: role.DataActions }] });
  });

  it("trusts GitHub's tokens for the audience that the action asks for", () => {
    expect(resources.get("azurerm_federated_identity_credential.github")).toMatchObject({ issuer: "https://token.actions.githubusercontent.com", audience: ["api://AzureADTokenExchange"] });
  });

  it("assigns the role that writes on clusters only, and no role at a management group, which takes none with data actions", () => {
    const scopes = [...resources].filter(([name]) => name.startsWith("azurerm_role_assignment.")).map(([name, { scope, for_each: each }]) => [name.split(".")[1], scope, each]);
    expect(scopes).toEqual([
      ["apply", "${each.value}", "${length(var.apply_subjects) == 0 ? [] : var.cluster_ids}"],
      ["check", "${each.value}", "${setunion(var.cluster_ids, local.fleet_scopes)}"],
      ["register_feature", "/subscriptions/${var.subscription_id}", undefined],
    ]);
  });
});

describe("examples/terraform/mesh", () => {
  it("sets CNI chaining on both kinds of clusters, by an api-version that has the property", async () => {
    const resources = labelled(await Promise.all(filesIn("examples/terraform/mesh", ".tf").map(async (file) => (await parse(file, textOf(file))) as unknown as Document)), "resource");
    expect(resources.get("azurerm_kubernetes_automatic_cluster.this")).toMatchObject({ service_mesh: [{ proxy_redirect_mechanism: "CNIChaining" }] });
    expect(resources.get("azapi_update_resource.redirection")).toMatchObject({
      type: "Microsoft.ContainerService/managedClusters@2026-01-01",
      body: { properties: { serviceMeshProfile: { istio: { components: { proxyRedirectionMechanism: "CNIChaining" } } } } },
      lifecycle: [{ replace_triggered_by: ["${azurerm_kubernetes_cluster.this}"] }],
    });
  });
});

describe("examples/bicep", () => {
  const files = filesIn("examples/bicep", ".bicep");
  const parameters = (text: string): readonly { readonly name: string; readonly required: boolean }[] => [...text.matchAll(/^param (\w+) \w+(?:\[\])?( =)?/gm)].map(([, name = "", fallback]) => ({ name, required: fallback === undefined }));
  let bicep: Parser;
  beforeAll(async () => {
    await Parser.init();
    bicep = new Parser().setLanguage(await Language.load(createRequire(import.meta.url).resolve("tree-sitter-bicep/tree-sitter-bicep.wasm")));
  });
  /** What the grammar does not take: `line: text`. */
  function errors(text: string): readonly string[] {
    const found = (node: Node): readonly string[] => (node.isError || node.isMissing ? [`${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`] : node.children.flatMap((child) => (child === null ? [] : found(child))));
    const tree = bicep.parse(text);
    return tree === null ? ["no tree"] : found(tree.rootNode);
  }
  /** The items of a list of strings. */
  const list = (text: string, name: string): readonly string[] => [...(new RegExp(`^ +${name}: \\[([^\\]]*)\\]`, "m").exec(text)?.[1] ?? "").matchAll(/'([^']+)'/g)].map(([, item = ""]) => item);

  it.each(files)("%s is Bicep, and uses every parameter", (file) => {
    const text = textOf(file);
    expect(errors(text)).toEqual([]);
    for (const { name } of parameters(text)) expect(text.match(new RegExp(`\\b${name}\\b`, "g"))?.length, name).toBeGreaterThan(1);
  });

  it("Bicep that is wrong is refused, so that silence means something", () => {
    expect(errors("param x string =\nresource {")).not.toEqual([]);
  });

  it.each(files)("%s gives each module the parameters that it has", (file) => {
    for (const [, name = "", path = "", body = ""] of textOf(file).matchAll(/^module (\w+) '([^']+)' = ([\s\S]*?)^\}\]?$/gm)) {
      expect(isThere(`examples/bicep/${path}`), path).toBe(true);
      const given = [...(/params: \{([\s\S]*?)\n {2}\}/.exec(body)?.[1] ?? "").matchAll(/^ {4}(\w+):/gm)].map(([, parameter]) => parameter);
      const known = parameters(textOf(`examples/bicep/${path}`));
      expect(known.map((parameter) => parameter.name), name).toEqual(expect.arrayContaining(given));
      for (const parameter of known.filter(({ required }) => required)) expect(given, name).toContain(parameter.name);
    }
  });

  it.each([
    ["main.bicep", "check", "checkRole"],
    ["main.bicep", "apply", "applyRole"],
    ["main.bicep", "register-feature", "registerFeatureRole"],
    ["fleet.bicep", "check", "checkRole"],
  ])("%s has the role %s as docs/roles has it", (file, name, symbol) => {
    const role = ROLES.get(name);
    const [, definition = ""] = new RegExp(`^resource ${symbol} ([\\s\\S]*?)^\\}`, "m").exec(textOf(`examples/bicep/${file}`)) ?? [];
    expect({ name: /roleName: '(.*)'/.exec(definition)?.[1], description: /description: '(.*)'/.exec(definition)?.[1]?.replaceAll("\\'", "'"), actions: list(definition, "actions"), dataActions: list(definition, "dataActions") }).toEqual({
      name: role?.Name,
      description: role?.Description,
      actions: role?.Actions,
      dataActions: role?.DataActions,
    });
  });

  it("trusts GitHub's tokens as Terraform's example does, and sets CNI chaining by an api-version that has the property", () => {
    expect(textOf("examples/bicep/identity.bicep")).toContain("issuer: 'https://token.actions.githubusercontent.com'\n    audiences: ['api://AzureADTokenExchange']");
    expect(textOf("examples/bicep/mesh.bicep")).toMatch(/managedClusters@2026-01-01'[\s\S]*proxyRedirectionMechanism: 'CNIChaining'/);
  });
});
