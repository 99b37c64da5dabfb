/** Default paths of the files that the actions write for later steps. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InputSource } from "../lib/input-reader.ts";

/**
 * A path in RUNNER_TEMP. The runner empties that folder at the beginning of each job (GitHub's reference of variables), so a file that is
 * there belongs to an earlier step of this job, which may use the same action: the next one gets `name-2.json`.
 *
 * @param name without its extension, which is `.json`
 */
export function defaultPath({ environment }: Pick<InputSource, "environment">, name: string): string {
  const folder = environment("RUNNER_TEMP").trim();
  if (folder === "") return `./${name}.json`;
  let path = join(folder, `${name}.json`);
  for (let use = 2; existsSync(path); use += 1) path = join(folder, `${name}-${use}.json`);
  return path;
}
