/** The tools that people use instead of the action: where they are, and what is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The version that `conformance/az` compares with as well. */
export const AZ_VERSION = process.env["CONFORMANCE_AZ_VERSION"] ?? "2.91.0";

/** The virtual environment that `conformance/az/install` makes. */
export const AZ_FOLDER = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "istio-cni-aks-conformance", `azure-cli-${AZ_VERSION}`);
/** Its Python, which also runs `usage.py`. */
export const PYTHON = join(AZ_FOLDER, "bin", "python3");

/** What is not installed, with how to install it; empty if nothing is missing. */
export function missingTools(): readonly string[] {
  const az = existsSync(join(AZ_FOLDER, "installed")) ? [] : [`the Azure CLI (conformance/az/install ${AZ_VERSION})`];
  return [...az, ...["kubectl", "jq"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined)];
}
