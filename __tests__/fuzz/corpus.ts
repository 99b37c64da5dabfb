/** The corpus: inputs on disk, one a file. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The name of an input that the fuzzer kept: the start of its SHA-256. Inputs with other names are regressions, and stay. */
const KEPT_NAME = /^[0-9a-f]{12}$/;

/** An input and its file name. */
export interface NamedInput {
  readonly name: string;
  readonly data: Buffer;
}

const folderOf = (target: string): string => fileURLToPath(new URL(`corpus/${target}/`, import.meta.url));

/** The inputs of a target, in the order of their names. */
export function readCorpus(target: string): readonly NamedInput[] {
  const folder = folderOf(target);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => ({ name, data: readFileSync(`${folder}${name}`) }))
    : [];
}

/** Replaces the inputs that the fuzzer kept before. */
export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const folder = folderOf(target);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (KEPT_NAME.test(name)) rmSync(`${folder}${name}`);
  for (const data of inputs) writeFileSync(`${folder}${nameOf(data)}`, data);
}

/** Whether an input is a regression test, not one that the fuzzer kept. */
export function isRegression({ name }: NamedInput): boolean {
  return !KEPT_NAME.test(name);
}

/** The file name of an input that the fuzzer keeps. */
export function nameOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 12);
}
