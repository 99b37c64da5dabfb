/** The invariants themselves: each is violated by a world in which a run does what it must not. */
import { describe, expect, it } from "vitest";
import type { Check, Report, StepReport } from "../../src/contract.ts";
import { ActionError } from "../../src/lib/errors.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { INVARIANTS, violationsOf } from "./invariants/all.ts";
import type { PlayedWorld, WorldState } from "./play.ts";
import { REGRESSIONS } from "./regressions.ts";
import type { RecordedRequest, WorldRun } from "./session.ts";
import type { Truth } from "./truth.ts";

const BODY = { eTag: "1", location: "westeurope", properties: { serviceMeshProfile: { istio: { components: { proxyRedirectionMechanism: "InitContainers" } } } } };
const CLUSTER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/demo";
const READ = request("GET", CLUSTER, { answer: BODY });
const TO_CNI = { location: "westeurope", properties: { serviceMeshProfile: { istio: { components: { proxyRedirectionMechanism: "CNIChaining" } } } } };
const PUT = request("PUT", CLUSTER, { body: TO_CNI, ifMatch: '"1"' });

function request(method: string, path: string, { answer, body, ifMatch, service = "arm" }: { readonly answer?: Json; readonly body?: Json; readonly ifMatch?: string; readonly service?: "arm" | "kubernetes" } = {}): RecordedRequest {
  return { entry: { at: 0, service, method, path, query: {}, headers: ifMatch === undefined ? {} : { "if-match": ifMatch }, body, status: 200 }, answer };
}

function check(id: Check["id"], result: Check["result"], message = "So it is."): Check {
  return { id, title: "A check", result, message, evidence: [], remedy: "Do this." };
}

function run(mode: WorldRun["mode"], { report = {}, requests = [READ], endedAt = 0, printed = "", error, isCancelled = false, access = "direct" }: { readonly report?: Partial<Report>; readonly requests?: readonly RecordedRequest[]; readonly endedAt?: number; readonly printed?: string; readonly error?: unknown; readonly isCancelled?: boolean; readonly access?: string } = {}): WorldRun {
  const full = { status: "compliant", checks: [], plan: [], pods: { byState: {} }, counts: { after: {} }, ...report };
  return { mode, report: full, state: { error, checks: [], access }, log: [], requests, startedAt: 0, endedAt, isCancelled, printed } as unknown as WorldRun;
}

const STATE: WorldState = { body: BODY, labels: { shop: {} }, templates: {}, operations: 0 };
const TRUTH: Truth = { isMeshOn: true, isStopped: false, isBusy: false, mechanism: "CNIChaining", redirected: [], notRedirected: [], withIstioInit: [], refused: [], incomplete: [], agents: { desired: 2, ready: 2 } };
const [{ world: description } = { world: undefined }] = REGRESSIONS;
if (description === undefined) throw new Error("the list of worlds has no plain one");

/** A world in which all is well, but for these parts. */
function world(parts: Partial<PlayedWorld> = {}): PlayedWorld {
  return { description: description as PlayedWorld["description"], check: run("check"), byOtherTransports: [], plan: run("plan"), apply: run("apply"), second: undefined, checkAgain: run("check"), states: { first: STATE, beforeApply: STATE, afterApply: STATE }, truths: { first: TRUTH, beforeApply: TRUTH, last: TRUTH }, neighbours: [], secrets: ["s3cret"], ...parts };
}

const step = (id: StepReport["id"], outcome: StepReport["outcome"], reason = "it is needed"): StepReport => ({ id, title: id, reason, outcome, durationMs: 0 });
const withInit: PlayedWorld["truths"] = { first: { ...TRUTH, mechanism: "InitContainers" }, beforeApply: TRUTH, last: TRUTH };
const drifted = { report: { status: "drifted", checks: [check("cni-chaining-enabled", "fail")] } } as const;
const switches = run("plan", { report: { status: "drifted", plan: [step("switch-redirection", "planned")] } });

/** An invariant, what it says, and how the world differs from one in which all is well. */
const VIOLATED: readonly (readonly [string, string, Partial<PlayedWorld>])[] = [
  ["readsFirst", "check wrote", { check: run("check", { requests: [READ, PUT] }) }],
  ["readsFirst", "before it had read", { apply: run("apply", { requests: [PUT, READ] }) }],
  ["atMostOnePut", "2 PUTs", { apply: run("apply", { requests: [READ, PUT, READ, PUT] }) }],
  ["atMostOnePut", "If-Match 2", { apply: run("apply", { requests: [READ, request("PUT", CLUSTER, { body: TO_CNI, ifMatch: '"2"' })] }) }],
  ["putChangesOneProperty", "the PUT changes tags", { apply: run("apply", { requests: [READ, request("PUT", CLUSTER, { body: { ...TO_CNI, tags: {} }, ifMatch: '"1"' })] }) }],
  ["putChangesOneProperty", "read-only properties: eTag", { apply: run("apply", { requests: [READ, request("PUT", CLUSTER, { body: { ...TO_CNI, eTag: "1" }, ifMatch: '"1"' })] }) }],
  ["putsOnlyToAnIdleCluster", "while an operation was in progress", { apply: run("apply", { requests: [request("GET", CLUSTER, { answer: { ...BODY, properties: { ...BODY.properties, provisioningState: "Updating" } } }), PUT] }) }],
  ["changesNothingElse", "tags", { states: { first: STATE, beforeApply: STATE, afterApply: { ...STATE, body: { ...BODY, tags: {} } } } }],
  ["changesNothingElse", "labels of", { states: { first: STATE, beforeApply: STATE, afterApply: { ...STATE, labels: { shop: { "istio.io/rev": "asm-1-30" } } } } }],
  ["changesNothingElse", "do not ask for", { apply: run("apply", { requests: [READ, request("PATCH", "/api/v1/namespaces/shop", { service: "kubernetes" })] }) }],
  ["compliantCostsNoWrite", "apply wrote", { apply: run("apply", { requests: [READ, PUT] }) }],
  ["checkAndPlanFindTheSame", "cluster-ready", { check: run("check", { report: { checks: [check("cluster-ready", "pass")] } }) }],
  ["nothingToDoInAllModes", "finds nothing to mend", { plan: switches }],
  ["nothingToDoInAllModes", "what plan does not show", { apply: run("apply", { report: { plan: [step("restart-workloads", "done")] } }) }],
  ["obstaclesStandInThePlan", "sent no PUT", { plan: switches }],
  ["obstaclesStandInThePlan", "plan is blocked", { plan: run("plan", { report: { plan: [step("switch-redirection", "skipped", "blocked (WouldRefusePods): no")] } }) }],
  ["applyMendsOrSaysWhyNot", "the check after it drifted", { checkAgain: run("check", drifted) }],
  ["interruptedRunsConverge", "and the mesh uses InitContainers", { description: { ...description, course: { kind: "interrupted", atRequest: 1 } }, apply: run("apply", { report: { status: "failed" }, isCancelled: true }), second: run("apply"), truths: { ...withInit, last: withInit.first } }],
  ["countsAreTrue", "2 pods are redirected", { check: run("check", { report: { counts: { after: { podsInMesh: 2, podsRedirected: 2, agentsReady: 2, agentsDesired: 2 } } } }) }],
  ["passesAreTrue", "cni-chaining-enabled passes", { check: run("check", { report: { checks: [check("cni-chaining-enabled", "pass")] } }), truths: withInit }],
  ["goodVerdictsAreTrue", "check is compliant, and the mesh uses InitContainers", { truths: withInit }],
  ["goodVerdictsWereLookedAt", "without access", { check: run("check", { access: "none: refused" }) }],
  ["wellClustersAreCompliant", "is drifted", { check: run("check", drifted) }],
  ["applySwitchesWhereNothingStandsInTheWay", "nothing stands in the way", { truths: { ...withInit, last: withInit.first } }],
  ["driftIsFound", "check is compliant", { truths: withInit }],
  ["transportsAgree", "by run-command", { byOtherTransports: [run("check", { ...drifted, access: "run-command" })] }],
  ["printsNoSecret", "printed a secret", { check: run("check", { printed: "token s3cret" }) }],
  ["failuresSayWhatToDo", "names no role", { apply: run("apply", { report: { status: "failed", error: { code: "AuthorizationFailed", doing: "writing", message: "403", remedy: "Try again." } }, error: new ActionError({ code: "AuthorizationFailed", doing: "writing", message: "403", remedy: "Try again." }) }) }],
  ["failuresSayWhatToDo", "unexpected error", { apply: run("apply", { report: { status: "failed", error: { code: "Unexpected", doing: "writing", message: "x", remedy: "y" } }, error: new TypeError("x") }) }],
  ["waitsEndAtTheDeadline", "after its deadline", { apply: run("apply", { endedAt: 31 * 60_000 }) }],
];

describe("an invariant", () => {
  it("holds in a world in which all is well", () => expect(violationsOf(world())).toEqual([]));

  it.each(VIOLATED)("%s is violated: %s", (name, text, parts) => {
    expect(violationsOf(world(parts)).filter((violation) => violation.startsWith(`${name}: `)).join()).toContain(text);
  });

  it("is in this list", () => {
    expect(new Set(VIOLATED.map(([name]) => name))).toEqual(new Set(INVARIANTS.map(({ name }) => name)));
  });
});
