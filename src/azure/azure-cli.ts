/** The Azure CLI: whether it is signed in, and its current subscription. */
import type { RunProgram } from "../lib/exec.ts";
import { parseJson, textAt } from "../lib/json.ts";

/** The account of the Azure CLI, or why there is none. */
export type CliAccount =
  | { readonly kind: "signed-in"; readonly subscriptionId: string }
  | { readonly kind: "none"; readonly why: string };

/** Runs `az account show` at most once in a run, and asks why a token cannot be had. */
export class AzureCli {
  readonly #run: RunProgram;
  #account: Promise<CliAccount> | undefined;

  constructor(run: RunProgram) {
    this.#run = run;
  }

  /** The account that `az account show` names, or why there is none. */
  account(): Promise<CliAccount> {
    this.#account ??= this.#show();
    return this.#account;
  }

  /**
   * Why the CLI gives no token for a scope, in its own words; empty if it gives one now. The SDK hides each of its errors that
   * advises `az login`, and with it the code of Entra.
   */
  async whyNoToken(scope: string): Promise<string> {
    const { exitCode, stderr } = await this.#run("az", ["account", "get-access-token", "--scope", scope, "--output", "json"]);
    return exitCode === 0 ? "" : errorOf(stderr);
  }

  async #show(): Promise<CliAccount> {
    let result;
    try {
      result = await this.#run("az", ["account", "show", "--output", "json"]);
    } catch {
      return { kind: "none", why: "the Azure CLI is not installed" };
    }
    if (result.exitCode !== 0) {
      const reason = errorOf(result.stderr);
      return { kind: "none", why: `the Azure CLI is not signed in (az account show: ${reason || `exit code ${result.exitCode}`})` };
    }
    const subscriptionId = textAt(parseJson(result.stdout), "id");
    return subscriptionId === "" ? { kind: "none", why: "az account show named no subscription" } : { kind: "signed-in", subscriptionId };
  }
}

/** The error that az printed, in one line: warnings may stand before it, and advice after it. */
function errorOf(stderr: string): string {
  const lines = stderr.trim().split(/\r?\n/);
  return lines.find((line) => line.startsWith("ERROR:")) ?? lines[0] ?? "";
}
