/** What a row of the error table holds, and groups of services. */
import type { Service } from "../errors.ts";

/** A kind of failure with a known remedy. */
export interface ErrorRow {
  /** The anchor in `docs/troubleshooting.md`. */
  readonly id: string;
  /** What the log shows, for the documentation. */
  readonly symptom: string;
  readonly services: readonly Service[];
  /** HTTP statuses; absent for any status, or none. */
  readonly statuses?: readonly number[];
  /** Matched against `code: message` of the failure, and of each reason inside it. */
  readonly pattern: RegExp;
  /**
   * What a user can do, as `remedy.ts` describes it: commands on lines of their own, with placeholders that are filled in when the
   * cluster is known. For a missing role, `remedyFor` names the role if the failure does.
   */
  readonly remedy: string;
  /** The error persists until a user changes something, so the request is not repeated. */
  readonly permanent: boolean;
}

/** Arguments that name the cluster, for commands in remedies. */
export const ON_CLUSTER = "--resource-group GROUP --name CLUSTER --subscription SUBSCRIPTION";

export const AZURE: readonly Service[] = ["Resource Manager"];
export const ENTRA: readonly Service[] = ["Microsoft Entra", "Azure CLI", "managed identity"];
export const ANY: readonly Service[] = ["Resource Manager", "Microsoft Entra", "GitHub OIDC", "Azure CLI", "Kubernetes", "managed identity"];
