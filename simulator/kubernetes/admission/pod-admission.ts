/** Admission of a pod, in the API server's order: webhooks that change it first, then everything that may refuse it. */
import { type JsonObject } from "../../lib/json.ts";
import { namespaceLabelsAt, type World } from "../../world/world.ts";
import { istiodService } from "../mesh/addon.ts";
import { gatekeeperVerdict } from "./gatekeeper.ts";
import { podSecurityVerdict } from "./pod-security.ts";
import { forbidden, type Refusal, type Verdict } from "./refusal.ts";
import { PROTECTED_NAMESPACES, safeguardsVerdict } from "./safeguards.ts";

/** A pod that asks to be let in. */
export interface Candidate {
  readonly namespace: string;
  /** As the injector left it. */
  readonly pod: JsonObject;
  /** The revision that injected it, or would have; undefined: none. */
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

function dryRunRefusal(world: World, { namespace, dryRun }: Candidate): Refusal | undefined {
  const webhook = world.kubernetes.admission.sideEffects.find(({ namespaces }) => namespaces?.includes(namespace) ?? true);
  if (!dryRun || webhook === undefined) return undefined;
  const text = `admission webhook "${webhook.name}" does not support dry run`;
  return { status: 400, reason: "BadRequest", message: () => text };
}

function quotaRefusal(world: World, { namespace, at }: Candidate): Refusal | undefined {
  const quota = world.kubernetes.admission.quotas.find((each) => each.namespace === namespace && each.from <= at);
  if (quota === undefined) return undefined;
  const { name, resource, requested, used, limited } = quota;
  return forbidden(
    `exceeded quota: ${name}, requested: ${resource}=${requested}, used: ${resource}=${used}, limited: ${resource}=${limited}`,
  );
}

/** What becomes of a pod that asks to be let in. AKS leaves its own namespaces to themselves. */
export function podVerdict(world: World, candidate: Candidate): Verdict {
  const { namespace, pod, revision, at } = candidate;
  if (PROTECTED_NAMESPACES.has(namespace)) return { refusal: undefined, warnings: [] };
  const early = injectorRefusal(world, revision) ?? dryRunRefusal(world, candidate);
  if (early !== undefined) return { refusal: early, warnings: [] };
  const verdicts = [
    podSecurityVerdict(namespaceLabelsAt(world, namespace, at) ?? {}, pod),
    safeguardsVerdict(world, pod),
    gatekeeperVerdict(world, namespace, pod),
    { refusal: quotaRefusal(world, candidate), warnings: [] },
  ];
  return {
    refusal: verdicts.find(({ refusal }) => refusal !== undefined)?.refusal,
    warnings: verdicts.flatMap(({ warnings }) => warnings),
  };
}
