/** Before the first file: the Azure CLI is installed. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

/** The version that the project is compared with. The table of differences is about this one. */
const AZ_VERSION = process.env["CONFORMANCE_AZ_VERSION"] ?? "2.91.0";

declare module "vitest" {
  export interface ProvidedContext {
    /** The virtual environment of the Azure CLI. */
    azFolder: string;
    azVersion: string;
  }
}

export default function setup({ provide }: TestProject): void {
  const install = fileURLToPath(new URL("../install", import.meta.url));
  const folder = execFileSync(install, [AZ_VERSION], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
  provide("azFolder", folder);
  provide("azVersion", AZ_VERSION);
}
