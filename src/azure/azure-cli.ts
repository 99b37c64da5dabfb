/** The Azure CLI: whether it is signed in, and its current subscription. */
import { ActionError } from "../lib/errors.ts";
import type { RunProgram } from "../lib/exec.ts";
import { parseJson, textAt } from "../lib/json.ts";

/** The account of the Azure CLI, or why there is none. */
export type CliAccount =
  | { readonly kind: "signed-in"; readonly subscriptionId: string }
  | { readonly kind: "none"; readonly why: string };

/** Whose token the CLI is asked for, as the inputs say; undefined: those of its current account. */
export interface CliTarget {
  readonly tenantId: string | undefined;
  readonly subscriptionId: string | undefined;
}

/** Runs `az account show` at most once in a run, and asks why a token cannot be had. */
export class AzureCli {
  /** The options of `az account get-access-token`, which takes either a tenant or a subscription. */
  readonly tokenOptions: { readonly tenantId?: string; readonly subscription?: string };
  readonly #run: RunProgram;
  #account: Promise<CliAccount> | undefined;

  constructor(run: RunProgram, { tenantId, subscriptionId }: CliTarget) {
    this.#run = run;
    this.tokenOptions = tenantId !== undefined ? { tenantId } : subscriptionId !== undefined ? { subscription: subscriptionId } : {};
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
    const { tenantId, subscription } = this.tokenOptions;
    const whose = [...(tenantId === undefined ? [] : ["--tenant", tenantId]), ...(subscription === undefined ? [] : ["--subscription", subscription])];
    const { exitCode, stderr } = await this.#run("az", ["account", "get-access-token", "--scope", scope, ...whose, "--output", "json"]);
    return exitCode === 0 ? "" : errorOf(stderr);
  }

  async #show(): Promise<CliAccount> {
    let result;
    try {
      result = await this.#run("az", ["account", "show", "--output", "json"]);
    } catch (error) {
      // The run's own end is no reason to try another credential.
      if (error instanceof ActionError) throw error;
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

/** What az prints around an error of its own: "Here is the traceback:", and where to look for known issues. */
const AROUND_TRACEBACK = /Here is the traceback|^To (?:check existing issues|open an issue)|^\s*$/;

/** The error that az printed, in one line: warnings may stand before it, advice after it, and the end of a traceback is what was raised. */
function errorOf(stderr: string): string {
  const lines = stderr.trim().split(/\r?\n/).filter((line) => !AROUND_TRACEBACK.test(line));
  const raised = lines.some((line) => line.startsWith("Traceback")) ? lines.at(-1) : undefined;
  return raised ?? lines.find((line) => line.startsWith("ERROR:")) ?? lines.at(-1) ?? "";
}
