/** The programs that the suite starts, at the versions that `conformance/workflows/tool` names. */
import { execFileSync } from "node:child_process";
import { ROOT } from "./repository.ts";

/**
 * Path of a program. Builds or installs it on its first use, which takes minutes.
 *
 * @throws where it cannot be built, such as without Go; standard error says why
 */
export function tool(name: "act" | "actionlint" | "zizmor"): string {
  return execFileSync(`${ROOT}conformance/workflows/tool`, [name], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}
