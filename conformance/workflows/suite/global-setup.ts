/** Before the first file: the programs are built, so that no test waits for that, and what is missing is said once. */
import { spawnSync } from "node:child_process";
import { tool } from "./tool.ts";

export default function setup(): void {
  for (const program of ["git", "jq"]) {
    if (spawnSync(program, ["--version"]).error !== undefined) throw new Error(`${program} is missing. Install it from your distribution, and put it in the PATH.`);
  }
  for (const program of ["act", "actionlint", "zizmor"] as const) tool(program);
}
