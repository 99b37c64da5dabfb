/** The comment with the plan: one per cluster on the pull request of the run, written only where the plan has changed. */
import markdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { Fault, ScenarioName, Simulator, World } from "../../simulator/index.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { type IssueComment, pullRequest } from "../../simulator/world/github.ts";
import { setAt, textAt } from "../../simulator/lib/json.ts";
import type { WorkflowEvent } from "../../simulator/runner/run-action.ts";
import { relabel, resetMechanism, writes } from "./drift-issue.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated, type Run, type WorldOptions } from "./world.ts";

const PLAN = { mode: "plan", "pr-comment": "true" };
const NUMBER = 7;

interface EventOptions {
  readonly name?: string;
  readonly head?: string | null;
  readonly state?: string;
}

/** The parts of GitHub's payload that the action reads. */
function event({ name = "pull_request", head = "contoso/platform", state = "open" }: EventOptions = {}): WorkflowEvent {
  return { name, payload: { action: "synchronize", number: NUMBER, pull_request: { number: NUMBER, state, head: { repo: head === null ? null : { full_name: head } }, base: { repo: { full_name: "contoso/platform" } } } } };
}

/** A world with the pull request, whose job has no permission but `pull-requests: write`. */
function start(scenario: ScenarioName, { tweak, ...options }: WorldOptions = {}, startIn = startWorld): Promise<Simulator> {
  return startIn(scenario, {
    ...options,
    tweak: (world) => {
      world.github.issues.push(pullRequest(NUMBER, "octocat", world.startedAt));
      world.github.issuesPermission = "none";
      tweak?.(world);
    },
  });
}

const plan = (simulator: Simulator, inputs: Readonly<Record<string, string>> = {}, on: WorkflowEvent = event(), env: Readonly<Record<string, string>> = {}): Promise<Run> => act(simulator, { ...PLAN, ...inputs }, { event: on, env });
const comments = ({ world }: Simulator): readonly IssueComment[] => world.github.issues.flatMap((issue) => issue.comments);
const apiRequests = ({ requestLog }: Simulator) => requestLog.of("github").filter(({ path }) => path !== "/oidc/token");

function only(simulator: Simulator): IssueComment {
  expect(comments(simulator)).toHaveLength(1);
  return comments(simulator)[0]!;
}

/** The verdict is that of a run without the comment. */
function expectPlanned(run: Run): void {
  expect(run.outputs, run.log).toMatchObject({ status: "drifted" });
  expect(run.exitCode).toBe(0);
}

function problem(run: Run): string {
  const [warning = "", ...more] = annotated(run, "warning").filter((text) => text.startsWith("Pull request comment"));
  expect(more).toEqual([]);
  return warning;
}

describe("the comment", () => {
  it("is created, left as it is, updated in place, and says when nothing is left to do", async () => {
    await using simulator = await start("reset-by-terraform");
    const created = await plan(simulator);
    expectPlanned(created);
    expect(created.log).toContain(`the comment on pull request #${NUMBER} was created`);
    const comment = only(simulator);
    expect(comment).toMatchObject({ author: "github-actions[bot]" });
    expect(comment.body).toMatch(/^<!-- istio-cni-aks-plan cluster=[0-9a-f]{64} -->\n\n## /);
    expect(comment.body).toContain("Switch proxyRedirectionMechanism to CNIChaining");
    expect(comment.body).toContain('- "InitContainers"\n+ "CNIChaining"');
    expect(comment.body).toContain("https://github.com/contoso/platform/actions/runs/4200000001");
    expect(created.changes, "a plan changes nothing in Azure").toEqual([]);

    const before = writes(simulator).length;
    const again = await plan(simulator, {}, event(), { GITHUB_RUN_ID: "4200000002" });
    expect(again.log).toContain("is up to date");
    expect(writes(simulator).slice(before), "no write without a change of the plan").toEqual([]);

    relabel(simulator, "asm-1-99");
    const changed = await plan(simulator, {}, event(), { GITHUB_RUN_ID: "4200000003" });
    expect(changed.log).toContain("was updated");
    expect(writes(simulator).slice(before)).toEqual([`PATCH /issues/comments/${comment.id}`]);
    expect(only(simulator).body).toContain("actions/runs/4200000003");

    relabel(simulator, "asm-1-30");
    await act(simulator, { mode: "apply", "restart-workloads": "stale" });
    const done = await plan(simulator);
    expect(done.outputs["status"], done.log).toBe("compliant");
    expect(only(simulator).body).toContain("nothing to do");
    resetMechanism(simulator);
    await plan(simulator);
    expect(only(simulator).body).toContain("Switch proxyRedirectionMechanism");
  });

  it("says what would stop the plan", async () => {
    await using simulator = await start("stopped");
    await plan(simulator);
    expect(only(simulator).body).toMatch(/Apply would change nothing: [^]*stopped/i);
    expect(only(simulator).body).toContain("az aks start");
  });

  it("says that the plan failed, in place of a plan that is out of date", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    simulator.world.identity.federatedCredentials = [];
    const failed = await plan(simulator);
    expect(failed.outputs["status"], failed.log).toBe("failed");
    expect(only(simulator).body).toContain("failed while");
  });

  it("is one for each cluster and each choice of namespaces", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    await plan(simulator, { namespaces: "shop" });
    // Another job of the same workflow, for another cluster.
    await using other = await start("fresh", {
      tweak: ({ cluster }) => {
        Object.assign(cluster.body, { id: textAt(cluster.body, "id")?.replace(/demo$/, "other"), name: "other" });
        cluster.name = "other";
      },
    });
    Object.assign(other.world.github, { issues: simulator.world.github.issues });
    await plan(other, { cluster: `/subscriptions/${other.world.subscriptionId}/resourceGroups/${other.world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/other` });
    expect(comments(simulator)).toHaveLength(3);
    expect(comments(simulator)[1]!.body).toContain("Namespaces: <code>shop</code>");
    for (const inputs of [{}, { namespaces: "shop" }]) await plan(simulator, inputs);
    expect(comments(simulator)).toHaveLength(3);
  });

  it("is created again where somebody deleted it, and put right where somebody edited it", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    const comment = only(simulator);
    const { body } = comment;
    comment.body = body.replace("CNIChaining", "Nothing");
    await plan(simulator);
    expect(only(simulator).body).toBe(body);
    simulator.world.github.issues[0]!.comments = [];
    await plan(simulator);
    expect(only(simulator).body).toBe(body);
  });

  it("is created where somebody deletes it between the reading and the update", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    only(simulator).body += " edited";
    simulator.faults.add({
      match: ({ method, path }) => {
        if (method === "PATCH" && path.includes("/comments/")) simulator.world.github.issues[0]!.comments = [];
        return false;
      },
      fault: { kind: "hang" },
    });
    const run = await plan(simulator);
    expect(run.log).toContain("was created");
    expect(only(simulator).body).not.toContain("edited");
  });

  it("of another author is left alone, whatever its first line", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    const forged = { ...only(simulator), author: "mallory" };
    simulator.world.github.issues[0]!.comments = [forged];
    const { body } = forged;
    await plan(simulator);
    expect(comments(simulator)).toMatchObject([{ author: "mallory", body }, { author: "github-actions[bot]" }]);
  });

  it("is found on a later page, and by the owner of a token of one's own", async () => {
    await using simulator = await start("reset-by-terraform", { tweak: ({ github }) => github.apiTokens.push({ token: "ghp_person", login: "octocat", kind: "user" }) });
    const [pull] = simulator.world.github.issues;
    pull!.comments = Array.from({ length: 150 }, (_, index) => ({ id: index + 1, author: "mallory", body: "Looks good", createdAt: 0 }));
    for (const token of ["ghp_person", "ghp_person"]) await plan(simulator, { "github-token": token });
    expect(pull!.comments.slice(150).map(({ author }) => author)).toEqual(["octocat"]);
  });

  it("is one where two runs at the same time create one each", async () => {
    await using simulator = await start("reset-by-terraform");
    const isList = ({ service, method, path }: SimulatedRequest): boolean => service === "github" && method === "GET" && path.endsWith("/comments");
    // As if both runs had read the list before the other one wrote its comment.
    simulator.faults.add({ match: (request) => isList(request) && comments(simulator).length < 2, fault: { kind: "respond", status: 200, headers: { "content-type": "application/json" }, body: [] } });
    await plan(simulator);
    await plan(simulator);
    expect(only(simulator).id, "the older one stays").toBe(1);
    expect(writes(simulator)).toEqual([`POST /issues/${NUMBER}/comments`, `POST /issues/${NUMBER}/comments`, "DELETE /issues/comments/2"]);
  });

  it("stays where an overlapping run deletes the same duplicate first", async () => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator);
    const [pull] = simulator.world.github.issues;
    pull!.comments.push({ ...only(simulator), id: 2 });
    simulator.faults.add({
      match: ({ service, method }) => {
        if (service === "github" && method === "DELETE") pull!.comments = pull!.comments.filter(({ id }) => id === 1);
        return false;
      },
      fault: { kind: "hang" },
    });
    const run = await plan(simulator);
    expect(run.log).toContain("is up to date");
    expect(problem(run)).toBe("");
    expect(only(simulator).id).toBe(1);
  });
});

describe("no comment is written, and none is asked for", () => {
  it.each<readonly [string, WorkflowEvent | undefined, string]>([
    ["on a push", { name: "push", payload: { ref: "refs/heads/main" } }, "not about a pull request, but about the event push"],
    ["without an event", undefined, "not about a pull request, but about the event workflow_dispatch"],
    ["on an issue", { name: "issue_comment", payload: { issue: { number: NUMBER } } }, "not about a pull request"],
    ["where the number is none", { name: "pull_request", payload: { pull_request: { number: "7/../8" } } }, "not about a pull request"],
    ["for a fork", event({ head: "mallory/platform" }), "comes from a fork"],
    ["for a fork that was deleted", event({ head: null }), "comes from a fork"],
    ["for a closed pull request", event({ state: "closed" }), "is closed"],
  ])("%s", async (_, on, words) => {
    await using simulator = await start("reset-by-terraform");
    const run = await act(simulator, PLAN, on === undefined ? {} : { event: on });
    expectPlanned(run);
    expect(run.log).toMatch(new RegExp(`no pull request comment: .*${words}`));
    expect(problem(run), "nothing to mend").toBe("");
    expect(apiRequests(simulator)).toEqual([]);
  });

  it.each(["check", "apply"])("in mode %s", async (mode) => {
    await using simulator = await start("compliant");
    const run = await plan(simulator, { mode });
    expect(run.log).toContain("only mode plan writes it");
    expect(apiRequests(simulator)).toEqual([]);
  });

  it("without the input", async () => {
    await using simulator = await start("reset-by-terraform");
    const run = await plan(simulator, { "pr-comment": "false" });
    expect(run.log).not.toContain("pull request comment");
    expect(apiRequests(simulator)).toEqual([]);
  });
});

describe("a comment is written", () => {
  it.each<readonly [string, WorkflowEvent]>([
    ["for a fork by pull_request_target, whose token may write", event({ name: "pull_request_target", head: "mallory/platform" })],
    ["where somebody comments on a pull request", { name: "issue_comment", payload: { issue: { number: NUMBER, state: "open", pull_request: { url: "x" } } } }],
  ])("%s", async (_, on) => {
    await using simulator = await start("reset-by-terraform");
    await plan(simulator, {}, on);
    only(simulator);
  });

  it("on a GitHub Enterprise Server, where issues are disabled", async () => {
    await using simulator = await start("reset-by-terraform", { tweak: ({ github }) => (github.issuesEnabled = false) });
    await plan(simulator, {}, event(), { GITHUB_API_URL: `${simulator.endpoints.github}/api/v3`, GITHUB_SERVER_URL: "https://ghes.contoso.example" });
    expect(only(simulator).body).toContain("https://ghes.contoso.example/contoso/platform/actions/runs/4200000001");
  });
});

describe("a refusal by GitHub", () => {
  const MISSING = "permissions: pull-requests: write";
  it.each<readonly [string, (world: World) => unknown, readonly string[]]>([
    ["no permission", ({ github }) => (github.pullRequestsPermission = "none"), ["Resource not accessible by integration", MISSING]],
    ["read-only permission", ({ github }) => (github.pullRequestsPermission = "read"), ["commenting on the pull request", MISSING]],
    ["a pull request of another repository", ({ github }) => (github.issues = []), ["404", MISSING]],
    ["an invalid token", ({ github }) => (github.apiTokens = []), ["Bad credentials", "github-token"]],
  ])("%s: the plan stands, with a warning and what to do", async (_, tweak, words) => {
    await using simulator = await start("reset-by-terraform", { tweak });
    const run = await plan(simulator);
    expectPlanned(run);
    for (const word of words) expect(problem(run)).toContain(word);
    expect(comments(simulator)).toEqual([]);
  });

  it.each<readonly [string, (world: World) => unknown, RegExp]>([
    ["a locked conversation", ({ github }) => (github.issues[0]!.locked = true), /could not be written: .*locked/],
    ["the rate limit", ({ github }) => (github.requestsLeft = 0), /could not be written: .*rate limit/],
  ])("%s: the plan stands, and the log says so", async (_, tweak, words) => {
    await using simulator = await start("reset-by-terraform", { tweak });
    const run = await plan(simulator);
    expectPlanned(run);
    expect(run.log).toMatch(words);
    expect(problem(run), "nobody can mend it in the workflow").toBe("");
  });

  const isNewComment = ({ service, method, path }: SimulatedRequest): boolean => service === "github" && method === "POST" && path.endsWith("/comments");
  it.each<readonly [string, Fault["fault"], number]>([
    ["after GitHub has written the comment: there is one", { kind: "reset", afterEffect: true }, 1],
    ["before: there is none, and the next run writes it", { kind: "reset" }, 0],
    ["by a 502", { kind: "respond", status: 502, body: {} }, 0],
  ])("an answer that is lost %s", async (_, fault, written) => {
    await using simulator = await start("reset-by-terraform", { faults: [{ match: isNewComment, times: 1, fault }] });
    expectPlanned(await plan(simulator));
    expect(comments(simulator)).toHaveLength(written);
    await plan(simulator);
    only(simulator);
  });

  it.each([
    ["an unreachable server", { GITHUB_API_URL: "https://localhost:1" }, "ECONNREFUSED"],
    ["an event file that is not JSON", { GITHUB_EVENT_PATH: "/dev/null" }, "GITHUB_EVENT_PATH"],
  ])("%s", async (_, env, words) => {
    await using simulator = await start("reset-by-terraform", {}, bundled.startWorld);
    const run = await bundled.act(simulator, PLAN, { event: event(), env });
    expectPlanned(run);
    expect(problem(run)).toContain(words);
  });
});

it("a cancelled run writes none", async () => {
  await using simulator = await start("reset-by-terraform", { faults: [{ match: ({ service }) => service === "kubernetes", fault: { kind: "hang" } }] }, bundled.startWorld);
  let stop = (): void => undefined;
  const run = await bundled.act(simulator, PLAN, { event: event(), onStart: (child) => (stop = () => void child.kill("SIGINT")), onLog: (text) => text.includes("Azure: demo is") && stop() });
  expect(run.report.error?.code, run.log).toBe("Cancelled");
  expect(apiRequests(simulator)).toEqual([]);
});

it("hostile names stay text in the comment", async () => {
  const hostile = "Failed`</td><h1>x</h1>[x](https://evil.example) @octocat <!-- istio-cni-aks-plan -->";
  await using simulator = await start("reset-by-terraform", { tweak: ({ cluster }) => setAt(cluster.body, ["properties", "provisioningState"], hostile) });
  const run = await plan(simulator);
  expectPlanned(run);
  const { body } = only(simulator);
  expect(body.slice(1)).not.toMatch(/<h1>|\]\(https:\/\/evil|@octocat|<!-- istio/);
  expect(body, "it shows the state").toContain("evil");
  const html = markdownIt({ html: true, linkify: true }).render(body);
  for (const [, href = ""] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^https:\/\/github\.com\/(?:contoso\/platform\/actions\/runs\/|org\/istio-cni-aks\/blob\/)/);
});
