/** Whether a refusal speaks of what redirection needs. */

/**
 * What istio-init adds; a policy may also speak of capabilities and leave out which.
 *
 * Source: istio/istio, `injection-template.yaml`: istio-init adds NET_ADMIN and NET_RAW, istio-validation nothing.
 */
export function namesMeshCapability(message: string): boolean {
  if (/NET_ADMIN|NET_RAW|istio-init/.test(message)) return true;
  return /capabilit/i.test(message) && !/\b[A-Z]+_[A-Z_]+\b/.test(message);
}
