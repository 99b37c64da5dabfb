/** Admission of a pod, in the API server's order: mutating webhooks first, then everything that validates. */
import type { JsonObject } from "../../lib/json.ts";
import { namespaceLabelsAt, type World } from "../../world/world.ts";
import { istiodService } from "../mesh/addon.ts";
import { checkGatekeeper } from "./gatekeeper.ts";
import { checkPodSecurity } from "./pod-security.ts";
import { type AdmissionResult, forbidden, type Refusal } from "./refusal.ts";
import { PROTECTED_NAMESPACES, checkSafeguards } from "./safeguards.ts";

/** A pod to be admitted. */
export interface AdmissionRequest {
  readonly namespace: string;
  /** After injection. */
  readonly pod: JsonObject;
  /** The revision whose injector handles the pod; undefined: none. */
  readonly revision: string | undefined;
  /** ms since the epoch. */
  readonly at: number;
  readonly dryRun: boolean;
}

function injectorRefusal(world: World, revision: string | undefined): Refusal | undefined {
  if (!world.kubernetes.admission.injectorDown || revision === undefined) return undefined;
  const { name, namespace } = istiodService(revision);
  const call = `Post "https://${name}.${namespace}.svc:443/inject?timeout=10s": no endpoints available for service "${name}"`;
  const text = `Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io": failed to call webhook: ${call}`;
  return { status: 500, reason: "InternalError", message: () => text };
}

function dryRunRefusal(world: World, { namespace, dryRun }: AdmissionRequest): Refusal | undefined {
  const webhook = world.kubernetes.admission.sideEffects.find(({ namespaces }) => namespaces?.includes(namespace) ?? true);
  if (!dryRun || webhook === undefined) return undefined;
  const text = `admission webhook "${webhook.name}" does not support dry run`;
  return { status: 400, reason: "BadRequest", message: () => text };
}

function quotaRefusal(world: World, { namespace, at }: AdmissionRequest): Refusal | undefined {
  const quota = world.kubernetes.admission.quotas.find((each) => each.namespace === namespace && each.from <= at);
  if (quota === undefined) return undefined;
  const { name, resource, requested, used, limited } = quota;
  return forbidden(
    `exceeded quota: ${name}, requested: ${resource}=${requested}, used: ${resource}=${used}, limited: ${resource}=${limited}`,
  );
}

/** Admits or refuses a pod. The namespaces that AKS manages are exempt. */
export function admitPod(world: World, request: AdmissionRequest): AdmissionResult {
  const { namespace, pod, revision, at } = request;
  if (PROTECTED_NAMESPACES.has(namespace)) return { refusal: undefined, warnings: [] };
  const early = injectorRefusal(world, revision) ?? dryRunRefusal(world, request);
  if (early !== undefined) return { refusal: early, warnings: [] };
  const results = [
    checkPodSecurity(namespaceLabelsAt(world, namespace, at) ?? {}, pod),
    checkSafeguards(world, pod),
    checkGatekeeper(world, namespace, pod),
    { refusal: quotaRefusal(world, request), warnings: [] },
  ];
  return {
    refusal: results.find(({ refusal }) => refusal !== undefined)?.refusal,
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}
