/**
 * Writes the parts of the documentation that follow from the code, between `generated` markers:
 * the tables of README.md and docs/fleet.md from the action.yml files, the reference of docs/troubleshooting.md from src/error-table.ts.
 *
 *     npm run docs              writes them
 *     npm run docs -- --check   writes nothing, and fails where a file is not current
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { KUBE_ACCESS, MODES, REGISTER_FEATURE, RESTART_WORKLOADS, STATUSES } from "../src/contract.ts";
import { ERROR_TABLE, type ErrorRow } from "../src/lib/error-table.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** An input or an output of action.yml. */
export interface Declared {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** Undefined where there is none. */
  readonly fallback: string | undefined;
}

/** What action.yml declares. */
export interface ActionFile {
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
}

/** @param path from the root; the further actions have files of their own */
export function readActionFile(path = "action.yml"): ActionFile {
  const action: unknown = parse(readFileSync(`${ROOT}${path}`, "utf8"));
  return { inputs: declared(field(action, "inputs")), outputs: declared(field(action, "outputs")) };
}

function declared(section: unknown): readonly Declared[] {
  if (typeof section !== "object" || section === null) return [];
  return Object.entries(section).map(([name, value]: [string, unknown]) => {
    const fallback = field(value, "default");
    return {
      name,
      description: String(field(value, "description") ?? ""),
      required: field(value, "required") === true,
      fallback: fallback === undefined ? undefined : String(fallback),
    };
  });
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;
}

/** Inputs whose name in `Config` is not their own name in camel case. */
const CONFIG_NAMES: Readonly<Record<string, string>> = {
  "timeout-minutes": "timeoutMs",
  "poll-interval-seconds": "pollIntervalMs",
  "remove-istio-injection-label": "removeInjectionLabel",
};

/**
 * Inputs that are read and validated, and then used by nobody: they change nothing. An input is used where a room reads it off the
 * `Config`, picks it from its type, or where `azure/` declares it as part of what it is told.
 */
export function inputsWithoutEffect(action: ActionFile): readonly string[] {
  const text = (paths: readonly string[]): string => paths.map((path) => readFileSync(`${ROOT}${path}`, "utf8")).join("\n");
  const rooms = text(sourceFiles().filter((path) => path !== "src/inputs.ts" && !/^src\/(?:discover|fleet)\//.test(path)));
  const azure = text(sourceFiles().filter((path) => path.startsWith("src/azure/")));
  const isUsed = (property: string): boolean =>
    new RegExp(`\\bconfig\\??\\.${property}\\b|Pick<Config,[^>]*"${property}"|\\{[^{}]*\\b${property}\\b[^{}]*\\}\\s*=\\s*(?:\\w+\\.)*config\\b`).test(rooms) ||
    new RegExp(`\\breadonly ${property}:`).test(azure);
  return action.inputs
    .map(({ name }) => name)
    .filter((name) => !isUsed(CONFIG_NAMES[name] ?? name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())))
    .filter((name) => !(name === "report-path" && rooms.includes("reportPathOf(")));
}

/** Values of `kube-access` that the connection refuses as not available. */
export function unavailableTransports(): readonly string[] {
  const source = readFileSync(`${ROOT}src/kubernetes/connect.ts`, "utf8");
  const cases = /((?:\s*case "[a-z-]+":)+)\s*(?:\{\s*)?throw new ActionError\(\{\s*code: "NotAvailable"/.exec(source)?.[1] ?? "";
  return [...cases.matchAll(/case "([a-z-]+)"/g)].map(([, name = ""]) => name);
}

/** Paths of the TypeScript files of src/, relative to the root. */
export function sourceFiles(): readonly string[] {
  return readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `src/${path.replaceAll("\\", "/")}`)
    .sort();
}

/** Text of action.yml as Markdown: names of inputs, variables and labels become code. */
export function prose(text: string, inputs: readonly string[]): string {
  const names = inputs.filter((name) => name.includes("-")).sort((a, b) => b.length - a.length);
  const code = new RegExp(`(?<![\\w/-])(?:${[...names, "istio\\.io/rev", "[A-Z]+(?:_[A-Z]+)+", "Azure(?:China)?Cloud|AzureUSGovernment", "istio-cni-report\\.json"].join("|")})(?![\\w/-])`, "g");
  return cell(text).replace(code, "`$&`");
}

/** Values that an input takes or an output has, and what in its description is one of them. */
const VALUES: Readonly<Record<string, RegExp>> = {
  mode: new RegExp(`(?<!drift )\\b(?:${MODES.join("|")})\\b`, "g"),
  "register-feature": new RegExp(`\\b(?:${REGISTER_FEATURE.join("|")})\\b`, "g"),
  "restart-workloads": new RegExp(`\\b(?:${RESTART_WORKLOADS.join("|")})\\b`, "g"),
  "kube-access": new RegExp(`\\b(?:${KUBE_ACCESS.join("|")})\\b`, "g"),
  status: new RegExp(`\\b(?:${STATUSES.join("|")})\\b(?= \\(|\\.$)`, "g"),
};

function describe({ name, description }: Declared, inputs: readonly string[]): string {
  const values = VALUES[name];
  const text = prose(description, inputs);
  return values === undefined ? text : text.replace(values, "`$&`");
}

/** A text that breaks neither a table nor Markdown. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").trim().replace(/[|*<]/g, "\\$&");
}

function inputsTable(action: ActionFile): string {
  const names = action.inputs.map(({ name }) => name);
  const idle = new Set(inputsWithoutEffect(action));
  const unavailable = unavailableTransports();
  const rows = action.inputs.map((input) => {
    const { name, required, fallback } = input;
    const notes = [
      ...(idle.has(name) ? [" **No effect in this version.**"] : []),
      ...(name === "kube-access" && unavailable.length > 0 ? [` **Not in this version: ${code(unavailable)}.**`] : []),
    ];
    const standard = required ? "required" : fallback === undefined ? "" : `\`${fallback}\``;
    return `| \`${name}\` | ${standard} | ${describe(input, names)}${notes.join("")} |`;
  });
  return ["| Input | Default | Meaning |", "| :-- | :-- | :-- |", ...rows].join("\n");
}

function outputsTable(action: ActionFile): string {
  const names = action.inputs.map(({ name }) => name);
  const rows = action.outputs.map((output) => `| \`${output.name}\` | ${describe(output, names)} |`);
  return ["| Output | Value |", "| :-- | :-- |", ...rows].join("\n");
}

/** What action.yml promises and this version does not do; one bullet each. */
function gaps(action: ActionFile): string {
  const idle = inputsWithoutEffect(action);
  const unavailable = unavailableTransports();
  const lines = [
    ...(idle.length > 0 ? [`- ${code(idle)}: read and validated, and without any effect in this version.`] : []),
    ...(unavailable.length > 0
      ? [`- \`kube-access\`: ${code(unavailable)} end the run with \`NotAvailable\`${unavailable.includes("run-command") ? ", and `auto` is the same as `direct`: a cluster whose API server the runner cannot reach ends as `unverified`" : ""}.`]
      : []),
  ];
  return lines.length > 0 ? lines.join("\n") : "- Every input of `action.yml` has its effect in this version.";
}

/** Above the table of transports: which of them are still missing. */
function accessGaps(): string {
  const unavailable = unavailableTransports();
  return unavailable.length > 0
    ? `> [!IMPORTANT]\n> Not in this version: ${code(unavailable)}. The table below says what they will do.`
    : "A cluster that the runner cannot reach is looked into through Resource Manager.";
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function errorReference(): string {
  const index = ERROR_TABLE.map(({ id, symptom }) => `| [\`${id}\`](#${id}) | ${cell(symptom)} |`);
  return [
    ["| Row | What the log says |", "| :-- | :-- |", ...index].join("\n"),
    ...ERROR_TABLE.map(errorSection),
  ].join("\n\n");
}

function errorSection({ id, symptom, services, statuses, remedy, permanent }: ErrorRow): string {
  return [
    `### ${id}`,
    `**You see:** ${cell(symptom)}.`,
    `**Do:** ${cell(remedy)}`,
    `**From:** ${services.join(", ")}${statuses === undefined ? "" : ` (status ${statuses.join(", ")})`}. ${permanent ? "Running again changes nothing until somebody acts." : "It may pass: running again is worth a try."}`,
  ].join("\n\n");
}

/** The inputs of a further action; all of them have their effect. */
function furtherInputs(path: string): string {
  const { inputs } = readActionFile(path);
  const names = inputs.map(({ name }) => name);
  const rows = inputs.map((input) => {
    const standard = input.required ? "required" : input.fallback === undefined ? "" : `\`${input.fallback}\``;
    return `| \`${input.name}\` | ${standard} | ${prose(input.description, names)} |`;
  });
  return ["| Input | Default | Meaning |", "| :-- | :-- | :-- |", ...rows].join("\n");
}

function furtherOutputs(path: string): string {
  const { inputs, outputs } = readActionFile(path);
  const names = inputs.map(({ name }) => name);
  return ["| Output | Value |", "| :-- | :-- |", ...outputs.map((output) => `| \`${output.name}\` | ${prose(output.description, names)} |`)].join("\n");
}

/** The files with generated parts, and how each part is made. */
const FILES: Readonly<Record<string, Readonly<Record<string, (action: ActionFile) => string>>>> = {
  "README.md": { inputs: inputsTable, outputs: outputsTable, "gaps-access": accessGaps, gaps },
  "docs/troubleshooting.md": { errors: errorReference },
  "docs/fleet.md": {
    "discover-inputs": () => furtherInputs("discover/action.yml"),
    "discover-outputs": () => furtherOutputs("discover/action.yml"),
    "summary-inputs": () => furtherInputs("fleet-summary/action.yml"),
    "summary-outputs": () => furtherOutputs("fleet-summary/action.yml"),
  },
};

/** Each file with generated parts: how it is, and how it should be. */
export function renderDocs(): readonly { readonly path: string; readonly now: string; readonly wanted: string }[] {
  const action = readActionFile();
  return Object.entries(FILES).map(([path, parts]) => {
    const now = readFileSync(`${ROOT}${path}`, "utf8");
    const wanted = Object.entries(parts).reduce((text, [name, render]) => replacePart(path, text, name, render(action)), now);
    return { path, now, wanted };
  });
}

function replacePart(path: string, text: string, name: string, content: string): string {
  const open = `<!-- generated: ${name} (npm run docs) -->`;
  const close = `<!-- end of generated: ${name} -->`;
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`${path} has no part between "${open}" and "${close}"`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function main(): void {
  const check = process.argv.includes("--check");
  const stale = renderDocs().filter(({ now, wanted }) => now !== wanted);
  for (const { path, wanted } of stale) {
    if (!check) writeFileSync(`${ROOT}${path}`, wanted);
    console.log(check ? `${path} is not current: run npm run docs` : `wrote ${path}`);
  }
  if (stale.length === 0) console.log("The documentation is current.");
  if (check && stale.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
