/** A world in sentences: what differs from a plain one. */
import type { AzureDescription, Course, WorkloadDescription, WorldDescription } from "./description.ts";

/** One line for each part of a world. */
export function describeWorld({ azure, nodes, namespaces, workloads, admission, actor, inputs, course }: WorldDescription): readonly string[] {
  return [
    describeAzure(azure),
    `nodes: ${nodes.linux} Linux${nodes.windows > 0 ? `, ${nodes.windows} Windows` : ""}${nodes.trouble === "none" ? "" : `; ${nodes.trouble}`}`,
    ...namespaces.map(({ name, injection, podSecurity }) => `namespace ${name}: ${injection}${podSecurity === "none" ? "" : `; Pod Security ${podSecurity}`}`),
    ...workloads.map(describeWorkload),
    ...unless("none", admission.gatekeeper, "Gatekeeper"),
    ...unless(undefined, admission.quotaIn, "a quota used up in"),
    ...unless(undefined, admission.sideEffectsIn, "a webhook with side effects in"),
    ...(admission.injectorIsDown ? ["the injector does not answer"] : []),
    `actor: in Azure ${actor.azure}; in the cluster ${actor.cluster}${actor.usesEntra ? "" : ", by certificate"}; the API server: ${actor.network}`,
    `inputs: restart-workloads ${inputs.restart}, register-feature ${inputs.registerFeature}, namespaces ${inputs.namespaces.join(", ") || "by default"}, label-namespaces ${inputs.label}${inputs.probe ? "" : ", probe false"}`,
    ...describeCourse(course),
  ];
}

function unless<T extends string | undefined>(plain: T, value: T, what: string): readonly string[] {
  return value === plain ? [] : [`${what} ${String(value)}`];
}

function describeAzure({ sku, safeguards, revisions, history, isNamed, lastOperation, running, isStopped, hasUnfinishedUpgrade, flag, putEnds, cloud }: AzureDescription): string {
  return [
    `${sku === "Automatic" ? "an AKS Automatic cluster" : `a Base cluster${safeguards === "none" ? "" : ` whose safeguards ${safeguards === "warn" ? "warn" : "refuse"}`}`} with ${revisions.join(" and ") || "the mesh off"}`,
    history,
    ...(isNamed ? [] : ["Azure's body does not name the mechanism"]),
    ...(lastOperation === "Succeeded" ? [] : [`the last operation ended ${lastOperation}`]),
    ...(running === "nothing" ? [] : [`in progress: ${running}`]),
    ...(isStopped ? ["stopped"] : []),
    ...(hasUnfinishedUpgrade ? ["an unfinished upgrade"] : []),
    `flag ${flag}`,
    ...(putEnds === "Succeeded" ? [] : [`the operation of a PUT ends ${putEnds}`]),
    ...(cloud === "usual" ? [] : [`cloud: ${cloud}`]),
  ].join("; ");
}

function describeWorkload({ namespace, name, kind, replicas, age, template, behaviour }: WorkloadDescription): string {
  return `${kind} ${namespace}/${name}: ${replicas} replicas, age: ${age}${template === "plain" ? "" : `; ${template}`}${behaviour === "runs" ? "" : `; ${behaviour}`}`;
}

function describeCourse(course: Course): readonly string[] {
  switch (course.kind) {
    case "undisturbed":
      return [];
    case "neighbours":
      return course.actions.map(({ beforeRequest, what }) => `before request ${beforeRequest} of apply, somebody ${what}`);
    case "interrupted":
      return [`apply is cancelled at request ${course.atRequest}, and run again`];
    case "twice at once":
      return [`a second apply starts at request ${course.atRequest} of the first`];
  }
}
