/** The action's inputs as the runner passes them: environment variables INPUT_*. */
import { readFile } from "node:fs/promises";
import { isJson, isObject, valueAt } from "../lib/json.ts";
import { JOB_TOKEN } from "../world/github.ts";
import { parse } from "yaml";

type Inputs = Readonly<Record<string, string>>;

/** The inputs of each action.yml that was read. Hundreds of runs in one process use the same file. */
const known = new Map<string, Promise<Inputs>>();

/** The inputs declared in an action.yml with their defaults; "" for an input without one. Each file is read once. */
export function declaredInputs(actionFile: string): Promise<Inputs> {
  const inputs = known.get(actionFile) ?? readInputs(actionFile);
  known.set(actionFile, inputs);
  return inputs;
}

async function readInputs(actionFile: string): Promise<Inputs> {
  const document: unknown = parse(await readFile(actionFile, "utf8"));
  if (!isJson(document)) throw new Error(`${actionFile} contains values that JSON does not have.`);
  const inputs = valueAt(document, "inputs");
  const entries = Object.entries(isObject(inputs) ? inputs : {}).map(([name, declaration]) => {
    const value = valueAt(declaration, "default") ?? "";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isExpression = /^\$\{\{.*\}\}$/.test(text);
    return [name, isExpression ? (text.includes("github.token") ? JOB_TOKEN : "") : text] as const;
  });
  return Object.fromEntries(entries);
}

/** INPUT_<NAME> as the runner spells it: upper case, spaces as underscores, dashes kept. Values are unchanged. */
export function inputEnvironment(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value]),
  );
}
