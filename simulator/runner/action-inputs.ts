/** The action's inputs as the runner hands them over: environment variables INPUT_*. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { isJson, isObject, valueAt } from "../lib/json.ts";

/** What the runner puts in place of `${{ github.token }}`. */
export const JOB_TOKEN = "ghs_simulatedJobToken0000000000000000";

/** The inputs declared in an action.yml and their defaults; "" where there is none. */
export async function declaredInputs(actionFile: string): Promise<Record<string, string>> {
  const document: unknown = parse(await readFile(actionFile, "utf8"));
  if (!isJson(document)) throw new Error(`${actionFile} holds more than JSON can say.`);
  const inputs = valueAt(document, "inputs");
  const entries = Object.entries(isObject(inputs) ? inputs : {}).map(([name, declaration]) => {
    const value = valueAt(declaration, "default") ?? "";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isExpression = /^\$\{\{.*\}\}$/.test(text);
    return [name, isExpression ? (text.includes("github.token") ? JOB_TOKEN : "") : text] as const;
  });
  return Object.fromEntries(entries);
}

/** INPUT_<NAME> as the runner spells it: upper case, spaces to underscores, dashes kept. Values go as they are. */
export function inputEnvironment(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value]),
  );
}
