/** The validated inputs of the main action. `actions/istio-cni/inputs.ts` reads them. */
import type { SignInConfig } from "../azure/sign-in-inputs.ts";
import type { KubeAccess, Mode, RegisterFeature, RestartWorkloads } from "../contract.ts";

/** One property per input, or group of inputs, of `action.yml`. */
export interface Config extends SignInConfig {
  readonly cluster: string;
  readonly resourceGroup: string;
  /** Undefined: use the current subscription of the Azure CLI. */
  readonly subscriptionId: string | undefined;
  /** Lower case; empty: no restriction. */
  readonly allowedSubscriptions: readonly string[];
  readonly mode: Mode;
  readonly registerFeature: RegisterFeature;
  /** Names and `*` globs; empty: every namespace with injection on. */
  readonly namespaces: readonly string[];
  readonly labelNamespaces: boolean;
  /** The value of `istio.io/rev` to set; undefined: choose it from the installed revisions and the tags in use. */
  readonly revision: string | undefined;
  /** Whether labelling also removes `istio-injection`, a label that turns injection off on AKS. */
  readonly removeInjectionLabel: boolean;
  readonly restartWorkloads: RestartWorkloads;
  /** Whether mode disable may leave AKS Automatic, which refuses istio-init, with init containers. */
  readonly force: boolean;
  readonly kubeAccess: KubeAccess;
  readonly probe: boolean;
  readonly failOnDrift: boolean;
  readonly driftIssue: boolean;
  readonly prComment: boolean;
  readonly githubToken: string;
  /** The ID of the job on GitHub; empty if it is not known. */
  readonly jobId: string;
  readonly pollIntervalMs: number;
  readonly reportPath: string;
}
