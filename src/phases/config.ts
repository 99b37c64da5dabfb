/** The validated inputs of the main action, as the phases use them. Read by `actions/istio-cni/inputs.ts`. */
import type { KubeAccess, Mode, RegisterFeature, RestartWorkloads } from "../contract.ts";
import type { SignInConfig } from "../azure/sign-in-inputs.ts";

/** What the run was asked to do. */
export interface Config extends SignInConfig {
  readonly cluster: string;
  readonly resourceGroup: string;
  /** Undefined: the Azure CLI's current one. */
  readonly subscriptionId: string | undefined;
  /** Lower case; any where empty. */
  readonly allowedSubscriptions: readonly string[];
  readonly mode: Mode;
  readonly registerFeature: RegisterFeature;
  /** Names and `*` globs; empty: every namespace with injection on. */
  readonly namespaces: readonly string[];
  readonly labelNamespaces: boolean;
  /** The value of `istio.io/rev` to label with; undefined: the one that the cluster leaves no doubt about. */
  readonly revision: string | undefined;
  /** Whether labelling takes `istio-injection` away, which keeps the managed mesh's injectors out. */
  readonly removeInjectionLabel: boolean;
  readonly restartWorkloads: RestartWorkloads;
  readonly kubeAccess: KubeAccess;
  readonly probe: boolean;
  readonly failOnDrift: boolean;
  readonly driftIssue: boolean;
  readonly githubToken: string;
  readonly pollIntervalMs: number;
  readonly reportPath: string;
}
