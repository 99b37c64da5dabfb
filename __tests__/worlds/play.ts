/** Plays a world: check, plan, apply in its course, check again. */
import type { Json, JsonObject } from "../../simulator/lib/json.ts";
import type { World } from "../../simulator/index.ts";
import { clusterBody } from "../../simulator/azure/operation-status.ts";
import { settleOperations } from "../../simulator/world/operations.ts";
import { namespaceLabelsAt } from "../../simulator/world/world.ts";
import { buildWorld } from "./build-world.ts";
import type { InputsDescription, NeighbourAction, WorldDescription } from "./description.ts";
import { act } from "./neighbours.ts";
import { Session, type WorldRun } from "./session.ts";
import { type Truth, truthOf } from "./truth.ts";

/** What can be written in a world, at a time. */
export interface WorldState {
  readonly body: JsonObject;
  readonly labels: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The pod templates of workloads, by `namespace/name`. */
  readonly templates: Readonly<Record<string, Json>>;
  readonly operations: number;
}

/** A world that was played. */
export interface PlayedWorld {
  readonly description: WorldDescription;
  readonly check: WorldRun;
  /** The same check by run commands and by kubectl; none where they were not asked for. */
  readonly byOtherTransports: readonly WorldRun[];
  readonly plan: WorldRun;
  readonly apply: WorldRun;
  /** The run after an interrupted one, or beside another one; undefined where there is none. */
  readonly second: WorldRun | undefined;
  readonly checkAgain: WorldRun;
  /** Before the first check, before apply, and after it. */
  readonly states: { readonly first: WorldState; readonly beforeApply: WorldState; readonly afterApply: WorldState };
  readonly truths: { readonly first: Truth; readonly beforeApply: Truth; readonly last: Truth };
  /** What others did while apply ran. */
  readonly neighbours: readonly NeighbourAction["what"][];
  readonly secrets: readonly string[];
}

/** The inputs of all runs. */
function inputsOf({ restart, registerFeature, label, namespaces, probe }: InputsDescription, description: WorldDescription): Record<string, string> {
  return {
    "restart-workloads": restart,
    "register-feature": registerFeature,
    "label-namespaces": String(label !== "no"),
    "remove-istio-injection-label": String(label === "yes, and removes istio-injection"),
    revision: label === "yes, with the newest revision" ? (description.azure.revisions.at(-1) ?? "") : "",
    namespaces: namespaces.join(","),
    probe: String(probe),
  };
}

/** Plays a world. `transports`: whether to check it by run commands and kubectl as well. */
export async function play(description: WorldDescription, transports: boolean): Promise<PlayedWorld> {
  await using session = await Session.start((now) => buildWorld(description, now));
  const { world } = session;
  const inputs = inputsOf(description.inputs, description);
  const truth = (): Truth => truthOf(world, description.inputs.namespaces, session.now);
  const states = { first: stateOf(world, session.now) };
  const truths = { first: truth() };
  const check = await session.run({ mode: "check", inputs });
  const byOtherTransports: WorldRun[] = [];
  for (const access of transports ? ["run-command", "kubeconfig"] : []) byOtherTransports.push(await session.run({ mode: "check", inputs: { ...inputs, "kube-access": access } }));
  const plan = await session.run({ mode: "plan", inputs });
  const beforeApply = { state: stateOf(world, session.now), truth: truth() };
  const { apply, second, neighbours } = await applyInCourse(session, description, inputs);
  const afterApply = stateOf(world, session.now);
  const checkAgain = await session.run({ mode: "check", inputs });
  return {
    description,
    check,
    byOtherTransports,
    plan,
    apply,
    second,
    checkAgain,
    states: { ...states, beforeApply: beforeApply.state, afterApply },
    truths: { ...truths, beforeApply: beforeApply.truth, last: truth() },
    neighbours,
    secrets: session.simulator.secrets(),
  };
}

async function applyInCourse(session: Session, { course }: WorldDescription, inputs: Readonly<Record<string, string>>): Promise<Pick<PlayedWorld, "apply" | "second" | "neighbours">> {
  const { world } = session;
  const options = { mode: "apply" as const, inputs };
  switch (course.kind) {
    case "undisturbed":
      return { apply: await session.run(options), second: undefined, neighbours: [] };
    case "neighbours": {
      const neighbours: NeighbourAction["what"][] = [];
      const onRequest = (nth: number, now: number): void => {
        for (const { beforeRequest, what } of course.actions) if (beforeRequest === nth && act(world, what, now)) neighbours.push(what);
      };
      return { apply: await session.run({ ...options, onRequest }), second: undefined, neighbours };
    }
    case "interrupted": {
      const apply = await session.run({ ...options, cancelAt: course.atRequest });
      return { apply, second: apply.isCancelled ? await session.run(options) : undefined, neighbours: [] };
    }
    case "twice at once": {
      let second: Promise<WorldRun> | undefined;
      const onRequest = (nth: number): void => {
        if (nth === course.atRequest) second = session.run(options);
      };
      const apply = await session.run({ ...options, onRequest });
      return { apply, second: await second, neighbours: [] };
    }
  }
}

function stateOf(world: World, now: number): WorldState {
  settleOperations(world, now);
  const names = world.kubernetes.namespaces.map(({ name }) => name);
  return {
    body: clusterBody(world, now),
    labels: Object.fromEntries(names.map((name) => [name, { ...namespaceLabelsAt(world, name, now) }])),
    templates: Object.fromEntries(world.kubernetes.workloads.map(({ namespace, name, templates }) => [`${namespace}/${name}`, structuredClone((templates.at(-1)?.template ?? null) as unknown as Json)])),
    operations: world.cluster.operations.length,
  };
}
