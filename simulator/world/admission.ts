/** What stands at the door of the simulated cluster besides authorization and the injector. */

/** A constraint of Azure Policy's Gatekeeper. */
export interface GatekeeperConstraint {
  /** Its name, such as azurepolicy-k8sazurev3allowedcapabilities-6c5a1f. */
  name: string;
  /** What it looks at: capabilities that containers add, or the images that they run. */
  about: "capabilities" | "images";
  /** Capabilities that may be added, or beginnings of images that may be run. */
  allowed: string[];
  /** The namespaces that it is about; undefined: every one that AKS does not keep to itself. */
  namespaces: string[] | undefined;
  enforcement: "deny" | "warn";
}

/** A quota that has nothing left, for controllers as for anybody else. */
export interface ExhaustedQuota {
  namespace: string;
  name: string;
  /** What is counted, such as pods or limits.cpu, and how much of it a pod asks for, is used, and is there. */
  resource: string;
  requested: string;
  used: string;
  limited: string;
  /** Since when nothing is left, ms since the epoch: pods made earlier stay. */
  from: number;
}

/** A webhook with side effects: it cannot take part in a dry run. */
export interface SideEffectWebhook {
  name: string;
  /** undefined: everywhere. */
  namespaces: string[] | undefined;
}

export interface AdmissionSettings {
  /** Whether Deployment Safeguards' policies refuse or only warn. */
  policyAction: "Deny" | "Warn";
  /** How they refuse: 422 Invalid unless a policy says Forbidden. */
  policyStatus: 403 | 422;
  gatekeeper: GatekeeperConstraint[];
  quotas: ExhaustedQuota[];
  sideEffects: SideEffectWebhook[];
  /** istiod does not answer: no pod that the injector would take can be made. */
  injectorDown: boolean;
}

/** Nothing but what the cluster's own safeguards say. */
export function noFurtherAdmission(): AdmissionSettings {
  return { policyAction: "Deny", policyStatus: 422, gatekeeper: [], quotas: [], sideEffects: [], injectorDown: false };
}
