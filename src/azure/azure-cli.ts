/** The Azure CLI, where there is one: whether it is signed in, and to which subscription. */
import type { RunProgram } from "../lib/exec.ts";

export type CliAccount =
  | { readonly kind: "signed-in"; readonly subscriptionId: string }
  | { readonly kind: "none"; readonly why: string };

/** Asks the CLI at most once a run. */
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

  async #show(): Promise<CliAccount> {
    let result;
    try {
      result = await this.#run("az", ["account", "show", "--output", "json"]);
    } catch {
      return { kind: "none", why: "the Azure CLI is not installed" };
    }
    if (result.exitCode !== 0) {
      const said = result.stderr.trim().split(/\r?\n/, 1)[0] ?? "";
      return { kind: "none", why: `the Azure CLI is not signed in (az account show: ${said || `exit code ${result.exitCode}`})` };
    }
    try {
      const account: unknown = JSON.parse(result.stdout);
      const id = typeof account === "object" && account !== null && "id" in account ? account.id : undefined;
      if (typeof id === "string" && id !== "") return { kind: "signed-in", subscriptionId: id };
    } catch {
      // Told below: what is no JSON names no subscription either.
    }
    return { kind: "none", why: "az account show named no subscription" };
  }
}
