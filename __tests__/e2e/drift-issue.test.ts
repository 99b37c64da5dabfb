/** The drift issue: one per cluster, in the right state, and with comments only for changes. */
import { describe, expect, it } from "vitest";
import type { Fault, Issue, World } from "../../simulator/index.ts";
import { JOB_TOKEN } from "../../simulator/world/github.ts";
import type { SimulatedRequest } from "../../simulator/lib/http.ts";
import { cancel } from "../../simulator/runner/cancel.ts";
import { startProxy } from "./connect-proxy.ts";
import { APPLY, CHECK, DRIFT, expectDrifted, only, problem, relabel, resetMechanism, UNVERIFIED, writes } from "./drift-issue.ts";
import { act, startWorld } from "./in-process.ts";
import * as bundled from "./world.ts";
import { annotated } from "./world.ts";

describe("the drift issue", () => {
  it("is opened, left unchanged, updated, closed and reopened with the drift", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { world } = simulator;

    const found = await act(simulator, CHECK);
    expect(found.outputs, found.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    const issue = only(simulator);
    expect(issue).toMatchObject({ state: "open", labels: [DRIFT], comments: [], title: "Istio CNI drift: demo in rg-mesh-demo" });
    expect(issue.body).toContain("| `cni-chaining-enabled` | CNI chaining is off | <code>properties&#46;serviceMeshProfile");
    expect(issue.body).toContain("https://github.com/contoso/platform/actions/runs/4200000001");
    expect(found.changes, "a check changes nothing in Azure").toEqual([]);

    const before = writes(simulator).length;
    const unchanged = await act(simulator, CHECK);
    expect(unchanged.outputs["issue-number"], unchanged.log).toBe("1");
    expect(writes(simulator).slice(before), "no write without a change").toEqual([]);

    relabel(simulator, "asm-1-99");
    const changed = await act(simulator, CHECK);
    expect(changed.outputs["issue-number"], changed.log).toBe("1");
    expect(only(simulator)).toMatchObject({ state: "open", labels: [DRIFT] });
    expect(issue.body).toContain("`namespaces-labelled`");
    expect(issue.comments).toHaveLength(1);
    expect(issue.comments[0]!.body).toContain("**found** `namespaces-labelled`");

    relabel(simulator, "asm-1-30");
    const fixed = await act(simulator, APPLY);
    expect(fixed.outputs, fixed.log).toMatchObject({ status: "changed", "issue-number": "1" });
    expect(only(simulator)).toMatchObject({ state: "closed", stateReason: "completed" });
    expect(issue.comments).toHaveLength(2);

    const compliant = await act(simulator, CHECK);
    expect(compliant.outputs, compliant.log).toMatchObject({ status: "compliant", "issue-number": "" });
    expect(issue.comments).toHaveLength(2);

    resetMechanism(simulator);
    const again = await act(simulator, CHECK);
    expect(again.outputs, again.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    expect(only(simulator)).toMatchObject({ state: "open", labels: [DRIFT] });
    expect(issue.comments).toHaveLength(3);
    expect(issue.comments[2]!.body).toContain("drifts again");
    expect(world.github.issues).toHaveLength(1);
  });

  it("is not created or requested without drift, in mode plan, or without the input drift-issue", async () => {
    await using simulator = await startWorld("compliant");
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("");
    expect(writes(simulator)).toEqual([]);
    resetMechanism(simulator);
    const before = simulator.requestLog.of("github").filter(({ path }) => path !== "/oidc/token").length;
    expect((await act(simulator, { ...CHECK, mode: "plan" })).outputs).toMatchObject({ status: "drifted", "issue-number": "" });
    expect((await act(simulator, { mode: "check" })).outputs).toMatchObject({ status: "drifted", "issue-number": "" });
    expect(simulator.requestLog.of("github").filter(({ path }) => path !== "/oidc/token")).toHaveLength(before);
  });

  it("does not disclose the token", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const run = await act(simulator, CHECK);
    expect(run.log).toContain(`::add-mask::${JOB_TOKEN}`);
    expect(run.log.replaceAll(`::add-mask::${JOB_TOKEN}`, "")).not.toContain(JOB_TOKEN);
    expect(`${run.summary}${JSON.stringify(run.report)}${JSON.stringify(simulator.world.github.issues)}`).not.toContain(JOB_TOKEN);
  });

  it("keeps the lower number where two runs at the same time create one each", async () => {
    await using simulator = await bundled.startWorld("reset-by-terraform");
    const { issues } = simulator.world.github;
    const isOpenList = ({ service, method, path, query }: SimulatedRequest): boolean =>
      service === "github" && method === "GET" && path.endsWith("/issues") && query.get("state") === "open";
    // As if both runs had read the list before the other one created its issue.
    simulator.faults.add({ match: (request) => isOpenList(request) && issues.length < 2, fault: { kind: "respond", status: 200, headers: { "content-type": "application/json" }, body: [] } });
    const runs = await Promise.all([bundled.act(simulator, CHECK), bundled.act(simulator, CHECK, { env: { GITHUB_RUN_ID: "4200000002" } })]);
    expect(issues.map(({ number, state, stateReason }) => ({ number, state, stateReason })), runs.map(({ log }) => log).join("\n")).toEqual([
      { number: 1, state: "open", stateReason: null },
      { number: 2, state: "closed", stateReason: "duplicate" },
    ]);
    expect(issues[1]!.comments.map(({ body }) => body)).toEqual([expect.stringContaining("Duplicate of #1")]);
    expect(runs.every(({ exitCode, outputs }) => exitCode === 1 && outputs["status"] === "drifted")).toBe(true);

    const next = await bundled.act(simulator, CHECK);
    expect(next.outputs["issue-number"]).toBe("1");
    expect(issues.filter(({ state }) => state === "open")).toHaveLength(1);
  });

  it("closes a duplicate that an earlier run left open", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { issues } = simulator.world.github;
    await act(simulator, CHECK);
    issues.push({ ...issues[0]!, number: 2, labels: [DRIFT], comments: [] });
    const run = await act(simulator, CHECK);
    expect(run.outputs["issue-number"]).toBe("1");
    expect(issues.map(({ state }) => state)).toEqual(["open", "closed"]);
  });

  it("is found on a later page, among other clusters' issues and pull requests", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { issues } = simulator.world.github;
    await act(simulator, CHECK);
    const own = issues.pop()!;
    const other = (number: number): Issue => ({ ...own, number, createdAt: own.createdAt - 1000, body: own.body.replace(/cluster=[0-9a-f]{64}/, `cluster=${String(number).padStart(64, "0")}`), isPullRequest: number % 2 === 0 });
    issues.push(...Array.from({ length: 250 }, (_, index) => other(index + 1)), { ...own, number: 251 });
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("251");
    expect(issues).toHaveLength(251);
  });
});

describe("a run that could not check", () => {
  it("does not close the issue, and labels it until a run can check again", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { world } = simulator;
    await act(simulator, CHECK);
    const issue = only(simulator);
    await act(simulator, { mode: "apply" });

    world.rights.kubernetes = "none";
    const withoutRole = await act(simulator, CHECK);
    expect(withoutRole.outputs, withoutRole.log).toMatchObject({ status: "unverified", "issue-number": "1" });
    expect(issue).toMatchObject({ state: "open", labels: [DRIFT, UNVERIFIED], comments: [] });

    const federated = world.identity.federatedCredentials;
    world.identity.federatedCredentials = [];
    const withoutLogin = await act(simulator, CHECK);
    expect(withoutLogin.outputs, withoutLogin.log).toMatchObject({ status: "failed", "issue-number": "1" });
    expect(issue).toMatchObject({ state: "open", labels: [DRIFT, UNVERIFIED], comments: [] });

    world.identity.federatedCredentials = federated;
    world.rights.kubernetes = "cluster-admin";
    const withoutProbe = await act(simulator, { ...CHECK, probe: "false" });
    expect(withoutProbe.outputs, withoutProbe.log).toMatchObject({ status: "compliant", "issue-number": "1" });
    expect(issue, "only the probe can resolve a finding of the probe").toMatchObject({ state: "open", labels: [DRIFT, UNVERIFIED] });

    const complete = await act(simulator, CHECK);
    expect(complete.outputs, complete.log).toMatchObject({ status: "compliant", "issue-number": "1" });
    expect(issue).toMatchObject({ state: "closed", labels: [DRIFT] });
    expect(issue.comments).toHaveLength(1);
  });

  it("does not create an issue", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator, CHECK);
    expect(run.outputs, run.log).toMatchObject({ status: "unverified", "issue-number": "" });
    expect(writes(simulator)).toEqual([]);
  });

  it("keeps the findings of checks that it could not run, also where other checks find drift", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    await act(simulator, CHECK);
    simulator.world.rights.kubernetes = "none";
    const run = await act(simulator, CHECK);
    expect(run.outputs, run.log).toMatchObject({ status: "drifted", "issue-number": "1" });
    const issue = only(simulator);
    expect(issue).toMatchObject({ state: "open", labels: [DRIFT, UNVERIFIED], comments: [] });
    expect(issue.body).toContain("not looked into this time");
    expect(issue.body).toContain("`injector-configured`");
  });
});

describe("an issue of another author", () => {
  it("with a forged marker is not changed", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    const { issues } = simulator.world.github;
    await act(simulator, CHECK);
    const forged: Issue = { ...issues.pop()!, author: "mallory", title: "mine" };
    issues.push(forged);
    const copy = { ...forged };
    const run = await act(simulator, CHECK);
    expect(run.outputs["issue-number"], run.log).toBe("2");
    await act(simulator, APPLY);
    expect(forged).toEqual(copy);
    expect(issues[1]).toMatchObject({ author: "github-actions[bot]", state: "closed" });
  });

  it("is recognised by the owner of the token, for apps and users", async () => {
    await using simulator = await startWorld("reset-by-terraform", {
      tweak: ({ github }) => github.apiTokens.push({ token: "ghs_app", login: "drift-bot[bot]", kind: "installation" }, { token: "ghp_person", login: "octocat", kind: "user" }),
    });
    const { github } = simulator.world;
    for (const token of ["ghs_app", "ghs_app", "ghp_person"]) await act(simulator, { ...CHECK, "github-token": token });
    expect(github.issues.map(({ author }) => author)).toEqual(["drift-bot[bot]", "octocat"]);
    github.graphql = false;
    expect((await act(simulator, { ...CHECK, "github-token": "ghp_person" })).outputs["issue-number"]).toBe("2");
    expect((await act(simulator, CHECK)).outputs["issue-number"], "GITHUB_TOKEN, whose owner no request returns").toBe("3");
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("3");
  });
});

describe("a refusal by GitHub", () => {
  const refusals: readonly (readonly [string, (world: World) => unknown, readonly string[]])[] = [
    ["no permission", ({ github }) => (github.issuesPermission = "none"), ["Resource not accessible by integration", "permissions: issues: write"]],
    ["read-only permission", ({ github }) => (github.issuesPermission = "read"), ["making the issue", "permissions: issues: write"]],
    ["issues disabled", ({ github }) => (github.issuesEnabled = false), ["410", "switch them on"]],
    ["rate limit reached", ({ github }) => (github.requestsLeft = 0), ["rate limit", "run again later"]],
    ["invalid token", ({ github }) => (github.apiTokens = []), ["Bad credentials", "github-token"]],
    ["no permission to label", ({ github }) => (github.mayLabel = false), ["without its label"]],
  ];

  it.each(refusals)("%s: the run ends as drifted, with a warning and a remedy", async (_, tweak, words) => {
    await using simulator = await startWorld("reset-by-terraform", { tweak });
    const run = await act(simulator, CHECK);
    expectDrifted(run);
    for (const word of words) expect(problem(run)).toContain(word);
    expect(simulator.world.github.issues.filter(({ state }) => state === "open")).toEqual([]);
  });

  it("a secondary rate limit: the run waits where there is time", async () => {
    await using simulator = await startWorld("reset-by-terraform");
    let isFirst = true;
    simulator.faults.add({
      match: ({ method, path, at }) => {
        // Another client wrote half a minute before this request.
        if (method === "POST" && path.endsWith("/issues") && isFirst) Object.assign(simulator.world.github, { contentPerMinute: 1, contentMadeAt: [at - 30_000] });
        isFirst &&= !path.endsWith("/issues") || method !== "POST";
        return false;
      },
      fault: { kind: "hang" },
    });
    const run = await act(simulator, CHECK);
    expect(run.outputs["issue-number"], run.log).toBe("1");
    expect(run.log).toContain("trying again in");
  });

  it("a secondary rate limit beyond the deadline: the run does not wait", async () => {
    const limit: Fault = { match: ({ method, path }) => method === "POST" && path.endsWith("/issues"), fault: { kind: "respond", status: 429, headers: { "retry-after": "900" }, body: { message: "secondary rate limit" } } };
    await using simulator = await startWorld("reset-by-terraform", { faults: [limit] });
    const run = await act(simulator, CHECK);
    expectDrifted(run);
    expect(problem(run)).toContain("limits the token's requests");
  });

  it("a lost answer to a read is requested again, and an invalid answer does not fail the run", async () => {
    const isList = ({ service, method, path }: SimulatedRequest): boolean => service === "github" && method === "GET" && path.endsWith("/issues");
    await using simulator = await startWorld("reset-by-terraform", { faults: [{ match: isList, nth: 1, fault: { kind: "reset" } }] });
    expect((await act(simulator, CHECK)).outputs["issue-number"]).toBe("1");
    simulator.faults.add({ match: isList, fault: { kind: "html" } });
    const run = await act(simulator, CHECK);
    expectDrifted(run);
    expect(problem(run)).toContain("not JSON");
  });

  it.each([
    ["an unreachable proxy", { HTTPS_PROXY: "http://127.0.0.1:9" }, "could not be reached"],
    ["an address without TLS", { GITHUB_API_URL: "http://localhost:1" }, "no https URL"],
    ["an unreachable server", { GITHUB_API_URL: "https://localhost:1" }, "ECONNREFUSED"],
    ["an event file that is not JSON", { GITHUB_EVENT_PATH: "/dev/null" }, "GITHUB_EVENT_PATH"],
  ])("%s", async (_, env, words) => {
    await using simulator = await bundled.startWorld("reset-by-terraform");
    // The proxy is for GitHub only. NO_PROXY has hosts without ports, so GitHub's API uses another name of this machine.
    const proxied = "HTTPS_PROXY" in env ? { NO_PROXY: "localhost", GITHUB_API_URL: simulator.endpoints.github.replace("localhost", "127.0.0.1") } : {};
    const run = await bundled.act(simulator, CHECK, { env: { ...env, ...proxied } });
    expectDrifted(run);
    expect(problem(run)).toContain(words);
  });
});

describe("while the run waits for GitHub", () => {
  it("cancelling ends the run at once, with all other results published", async () => {
    const limit: Fault = { match: ({ method, path }) => method === "POST" && path.endsWith("/issues"), fault: { kind: "respond", status: 403, headers: { "retry-after": "150" }, body: { message: "You have exceeded a secondary rate limit." } } };
    await using simulator = await bundled.startWorld("reset-by-terraform", { faults: [limit], speed: 10 });
    let stop = (): void => undefined;
    const started = performance.now();
    const run = await bundled.act(simulator, CHECK, { onStart: (child) => (stop = () => void child.kill("SIGINT")), onLog: (text) => text.includes("trying again in 150 s") && stop() });
    expect(performance.now() - started).toBeLessThan(12_000);
    expectDrifted(run);
    expect(problem(run)).toContain("cancelled");
  });

  it("cancelling ends a run whose time was up before, with all other results published", async () => {
    let stop = (): void => undefined;
    const silent: Fault = { match: ({ service, path }) => service === "arm" && path.endsWith("/managedClusters/demo"), fault: { kind: "hang" } };
    const silentGitHub: Fault = { match: ({ path }) => path === "/graphql" && (stop(), true), fault: { kind: "hang" } };
    await using simulator = await bundled.startWorld("reset-by-terraform", { faults: [silent, silentGitHub] });
    const run = await bundled.act(simulator, { ...CHECK, "timeout-minutes": "1" }, { onStart: (child) => (stop = () => cancel(child)) });
    expect([run.exitCode, run.outputs["status"]], run.log).toEqual([1, "failed"]);
    expect(annotated(run, "error")[0]).toContain("timeout-minutes has passed");
    expect(problem(run)).toContain("cancelled (SIGINT)");
    expect(simulator.requestLog.of("github").filter(({ path }) => path === "/graphql"), "no request after the signal").toHaveLength(1);
  });
});

describe("with a proxy", () => {
  it("GitHub is reached through HTTPS_PROXY", async () => {
    await using simulator = await bundled.startWorld("reset-by-terraform");
    const proxy = await startProxy();
    const api = simulator.endpoints.github.replace("localhost", "127.0.0.1");
    const run = await bundled.act(simulator, CHECK, { env: { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost", GITHUB_API_URL: api } });
    proxy.close();
    expect(run.outputs["issue-number"], run.log).toBe("1");
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(api).host]));
  });
});

describe("a GitHub Enterprise Server", () => {
  it("is reached at GITHUB_API_URL, also without the state reason duplicate", async () => {
    await using simulator = await startWorld("reset-by-terraform", { tweak: ({ github }) => (github.stateReasons = ["completed", "not_planned", "reopened"]) });
    const env = { GITHUB_API_URL: `${simulator.endpoints.github}/api/v3`, GITHUB_SERVER_URL: "https://ghes.contoso.example" };
    const { issues } = simulator.world.github;
    expect((await act(simulator, CHECK, { env })).outputs["issue-number"]).toBe("1");
    expect(issues[0]!.body).toContain("https://ghes.contoso.example/contoso/platform/actions/runs/4200000001");
    issues.push({ ...issues[0]!, number: 2, labels: [DRIFT], comments: [] });
    const run = await act(simulator, CHECK, { env });
    expect(run.outputs["issue-number"], run.log).toBe("1");
    expect(issues[1]).toMatchObject({ state: "closed", stateReason: "not_planned" });
    expect(simulator.requestLog.of("github").filter(({ path }) => path !== "/oidc/token").every(({ path }) => path.startsWith("/api/"))).toBe(true);
  });
});
