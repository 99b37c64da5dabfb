/**
 * The README's Start, followed word for word. The roles, the federated credential and the variables that its commands ask for are then
 * all that the simulated Azure and GitHub have.
 */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Report } from "../../src/contract.ts";
import type { Simulator, World } from "../../simulator/index.ts";
import { start as runAction, startWorld } from "../e2e/in-process.ts";
import { callsOf, followCommands, option } from "./follow-commands.ts";
import { codeBlocks } from "./repository.ts";
import type { Job, Workflow } from "./workflow-files.ts";

interface Role {
  readonly arm?: readonly World["rights"]["arm"][number]["action"][];
  readonly kubernetes?: World["rights"]["kubernetes"];
}

/** What each built-in role allows on a cluster, of the actions that a run can need. Source: Azure's built-in roles. */
const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ["Reader", { arm: ["Microsoft.ContainerService/managedClusters/read"] }],
  ["Azure Kubernetes Service Contributor Role", { arm: ["Microsoft.ContainerService/managedClusters/read", "Microsoft.ContainerService/managedClusters/write"] }],
  ["Azure Kubernetes Service Cluster User Role", { arm: ["Microsoft.ContainerService/managedClusters/read", "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"] }],
  ["Azure Kubernetes Service RBAC Reader", { kubernetes: "reader" }],
  ["Azure Kubernetes Service RBAC Writer", { kubernetes: "writer" }],
]);

const START = codeBlocks("README.md", "sh", "Start").join("\n");
const [WORKFLOW = ""] = codeBlocks("README.md", "yaml", "Start");
const NAMES = "repo:contoso/platform";
const IMMUTABLE = "repo:contoso@9919/platform@26689598";

/** Follows commands in a world. @returns the variables that they set in GitHub */
function setUp(script: string, { world }: Simulator, prefix: string): ReadonlyMap<string, string> {
  const { identity } = world;
  const id = `/subscriptions/${world.subscriptionId}/resourcegroups/${world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${world.cluster.name}`;
  const calls = followCommands(script, [
    { to: ["gh", "api", "repos/contoso/platform/actions/oidc/customization/sub"], text: prefix },
    { to: ["az", "identity", "show", "rg-prod", "principalId"], text: identity.objectId },
    { to: ["az", "identity", "show", "rg-prod", "clientId"], text: identity.clientId },
    { to: ["az", "aks", "show", "aks-prod", "rg-prod", "id"], text: id },
    { to: ["az", "account", "show", "tenantId"], text: identity.tenantId },
  ]);
  const created = callsOf(calls, "az", "identity", "create").map((words) => option(words, "--name"));
  identity.federatedCredentials = callsOf(calls, "az", "identity", "federated-credential", "create").map((words) => {
    expect(created).toContain(option(words, "--identity-name"));
    expect(option(words, "--issuer")).toBe("https://token.actions.githubusercontent.com");
    return { issuer: "", subject: option(words, "--subject"), audience: option(words, "--audiences") };
  });
  const roles = callsOf(calls, "az", "role", "assignment", "create").map((words) => {
    expect([option(words, "--scope"), option(words, "--assignee-object-id")]).toEqual([id, identity.objectId]);
    const role = ROLES.get(option(words, "--role"));
    if (role === undefined) throw new Error(`There is no built-in role ${option(words, "--role")}.`);
    return role;
  });
  world.rights = {
    arm: roles.flatMap(({ arm = [] }) => arm.map((action) => ({ action, scope: "cluster" as const }))),
    kubernetes: roles.find(({ kubernetes }) => kubernetes !== undefined)?.kubernetes ?? "none",
  };
  const environments = callsOf(calls, "gh", "api", "--method", "PUT").map((words) => words[4]?.replace("repos/contoso/platform/environments/", ""));
  return new Map(
    callsOf(calls, "gh", "variable", "set").map((words) => {
      expect(option(words, "--repo")).toBe("contoso/platform");
      expect(environments).toContain(option(words, "--env"));
      return [words[3] ?? "", option(words, "--body")];
    }),
  );
}

interface Run {
  readonly report: Report;
  readonly log: string;
}

/** Runs the only step of a job, with its variables, in its environment. */
async function runJob(job: Job | undefined, simulator: Simulator, variables: ReadonlyMap<string, string>, prefix: string): Promise<Run> {
  simulator.world.github.subject = `${prefix}:environment:${job?.environment ?? ""}`;
  const inputs = Object.entries(job?.steps?.[0]?.with ?? {}).map(([name, value]) => [name, String(value).replace(/\$\{\{ vars\.([A-Z_]+) \}\}/, (_, variable: string) => variables.get(variable) ?? "")] as const);
  const { report, log } = await runAction(simulator, { inputs: { ...Object.fromEntries(inputs), "timeout-minutes": "600" } });
  return { report: report as unknown as Report, log };
}

/** Follows Start with these commands, in a new world of a scenario. */
async function start(scenario: "flag-graduated" | "fresh", { commands = START, prefix = NAMES, restart = "refused" } = {}): Promise<Run> {
  await using simulator = await startWorld(scenario);
  const variables = setUp(commands, simulator, prefix);
  return await runJob((parse(WORKFLOW.replace("restart-workloads: refused", `restart-workloads: ${restart}`)) as Workflow).jobs["istio-cni"], simulator, variables, prefix);
}

describe("the README's Start", () => {
  it.each([
    ["names in its subject", NAMES],
    ["immutable IDs in its subject", IMMUTABLE],
  ])("works word for word, for a repository with %s", async (_, prefix) => {
    const run = await start("flag-graduated", { prefix });
    expect(run.report.status, run.log).toBe("changed");
    expect(run.report.mesh.redirectionMechanism.after).toBe("CNIChaining");
    expect(run.report.counts?.after.workloadsRefused, "workloads that admission refused run again").toBe(0);
    expect(run.log).toContain("with GitHub's OIDC token");
  });

  it("fails where the subscription needs the preview flag, and names the two actions of register-feature.json", async () => {
    const run = await start("fresh");
    expect(run.report.status, run.log).toBe("failed");
    expect(`${run.report.error?.message ?? ""} ${run.report.error?.remedy ?? ""}`).toContain("Microsoft.Features/providers/features/register/action");
  });

  it("is unverified with RBAC Reader, as the table of permissions says, until a pod proves redirection", async () => {
    const run = await start("flag-graduated", { commands: START.replace("RBAC Writer", "RBAC Reader"), restart: "never" });
    expect(run.report.status, run.log).toBe("unverified");
  });

  it.each(["Contributor Role", "Cluster User Role", "RBAC Writer"])("assigns %s for a reason: without it the run does not pass", async (role) => {
    const run = await start("flag-graduated", { commands: START.replace(` "${role}"`, "") });
    expect(["failed", "unverified"], run.log).toContain(run.report.status);
  });
});

it("the identity that only reads, of docs/permissions.md, is enough for the scheduled drift check of docs/recipes.md", async () => {
  await using simulator = await startWorld("compliant");
  const [commands = ""] = codeBlocks("docs/permissions.md", "sh", "An identity that only reads");
  // "repo, group, prefix and id are those of Start."
  const names = `repo=contoso/platform group=rg-prod prefix=${NAMES} id=$(az aks show --name aks-prod --resource-group rg-prod --query id)`;
  const variables = setUp(`${names}\n${commands}`, simulator, NAMES);
  const [workflow = ""] = codeBlocks("docs/recipes.md", "yaml", "A scheduled drift check");
  const run = await runJob((parse(workflow) as Workflow).jobs["check"], simulator, variables, NAMES);
  expect(run.report.status, run.log).toBe("compliant");
  expect(simulator.requestLog.changes()).toEqual([]);
  // One more reads the metadata of a cloud that is named by its URL.
  expect(run.report.requests.arm, "four requests to Azure, as README.md and docs/fleet.md say").toBe(4 + 1);
});
