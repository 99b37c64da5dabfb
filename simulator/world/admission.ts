/** Settings of admission besides authorization and the injector. */

/** A constraint of Azure Policy's Gatekeeper. */
export interface GatekeeperConstraint {
  /** Its name, such as azurepolicy-k8sazurev3allowedcapabilities-6c5a1f. */
  name: string;
  /** What it checks: capabilities that containers add, or the images that they run. */
  about: "capabilities" | "images";
  /** Capabilities that may be added, or prefixes of images that may run. */
  allowed: string[];
  /** The namespaces it applies to; undefined: every namespace that AKS does not manage itself. */
  namespaces: string[] | undefined;
  enforcement: "deny" | "warn";
}

/** A quota that is used up, for controllers and for everyone else. */
export interface ExhaustedQuota {
  namespace: string;
  name: string;
  /** The counted resource, such as pods or limits.cpu, and how much of it a pod requests, is used, and is allowed. */
  resource: string;
  requested: string;
  used: string;
  limited: string;
  /** When the quota was used up, ms since the epoch: pods created earlier stay. */
  from: number;
}

/** A webhook with side effects: the API server refuses dry runs that would call it. */
export interface SideEffectWebhook {
  name: string;
  /** The namespaces it applies to; undefined: all. */
  namespaces: string[] | undefined;
}

export interface AdmissionSettings {
  /** Whether the policies of Deployment Safeguards refuse or only warn. */
  policyAction: "Deny" | "Warn";
  /** The status of their refusals: 422 Invalid, or 403 Forbidden. */
  policyStatus: 403 | 422;
  gatekeeper: GatekeeperConstraint[];
  quotas: ExhaustedQuota[];
  sideEffects: SideEffectWebhook[];
  /** istiod does not answer: pods that the injector would handle cannot be created. */
  injectorDown: boolean;
}

/** Deployment Safeguards that refuse, and nothing else. */
export function defaultAdmission(): AdmissionSettings {
  return { policyAction: "Deny", policyStatus: 422, gatekeeper: [], quotas: [], sideEffects: [], injectorDown: false };
}
