import { describe, expect, it } from "vitest";
import { ManagedCluster } from "../../src/azure/managed-cluster.ts";
import { runCommand } from "../../src/azure/run-command.ts";
import { DeadlineError, ServiceError } from "../../src/lib/errors.ts";
import type { RunContext } from "../../src/lib/run-context.ts";
import { exchanges, ORACLES_ABSENT, WHY_SKIPPED } from "../oracles/folder.ts";
import { simulatedContext } from "../simulated-context.ts";
import { cannedArm, type CannedAnswer } from "./canned-arm.ts";

const CLUSTER = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/shop";
const RESULT = `${CLUSTER}/commandResults/1?api-version=2026-08-01`;
const result = (properties: object, status = 200): CannedAnswer => ({ status, body: { id: "1", properties } });
const running = result({ provisioningState: "Running" }, 202);

/** A cluster that answers the POST and then each request for the result; the last answer stays. */
function clusterThat(context: RunContext, post: CannedAnswer, results: readonly CannedAnswer[]): { readonly cluster: ManagedCluster; readonly posted: string[]; readonly followed: string[] } {
  const posted: string[] = [];
  const followed: string[] = [];
  const { arm } = cannedArm(context, ({ method, url, body }) => {
    if (method === "POST") {
      posted.push(`${new URL(url).pathname.split("/").at(-1) ?? ""} ${String(body)}`);
      return post;
    }
    followed.push(url);
    return results[Math.min(followed.length, results.length) - 1] ?? { status: 404 };
  });
  return { cluster: new ManagedCluster(arm, { subscriptionId: "s", resourceGroup: "g", name: "shop" }, context), posted, followed };
}

const accepted: CannedAnswer = { status: 202, headers: { location: RESULT } };

/** The outcome of a command whose result is read as these answers say. */
function outcomeOf(results: readonly CannedAnswer[], post = accepted): ReturnType<typeof runCommand> {
  const { context } = simulatedContext();
  return runCommand(clusterThat(context, post, results).cluster, { command: "x", clusterToken: "", purpose: "reading 1 list" }, context);
}

describe("a run command", () => {
  it("is posted once and followed to its end, soon at first", async () => {
    const { context, clock, lines } = simulatedContext();
    const { cluster, posted, followed } = clusterThat(context, accepted, [running, running, result({ provisioningState: "Succeeded", exitCode: 0, logs: "hello\n" })]);
    const began = clock.now();
    await expect(runCommand(cluster, { command: "echo hello", clusterToken: "token", purpose: "reading 1 list" }, context)).resolves.toEqual({ exitCode: 0, logs: "hello\n" });
    expect(posted).toEqual(['runCommand {"command":"echo hello","context":"","clusterToken":"token"}']);
    expect(followed).toEqual([RESULT, RESULT, RESULT]);
    expect(clock.now() - began).toBeLessThan(5000);
    expect(lines).toEqual(["waiting for the run command (reading 1 list): Running"]);
  });

  it("may end with an exit code of its own", async () => {
    await expect(outcomeOf([result({ provisioningState: "Succeeded", exitCode: 3, logs: "no" })])).resolves.toEqual({ exitCode: 3, logs: "no" });
  });

  it.each([
    ["failed, whatever its exit code", { provisioningState: "Failed", exitCode: 0, reason: "it broke" }, "it broke"],
    ["was cancelled", { provisioningState: "Canceled" }, "Canceled"],
    ["has no exit code", { provisioningState: "Succeeded", logs: "x" }, "without an exit code"],
  ])("is a failure where it %s", async (_, properties, words) => {
    const run = outcomeOf([result(properties)]);
    await expect(run).rejects.toThrow(ServiceError);
    await expect(run).rejects.toThrow(words);
  });

  it("says that its pod found no place", async () => {
    const reason = "Failed to run command due to cluster perf issue, container command-x in aks-command namespace did not start within 30s on your cluster";
    await expect(outcomeOf([result({ provisioningState: "Failed", reason })])).rejects.toMatchObject({ remedy: expect.stringContaining("free capacity for a pod in the namespace aks-command") as unknown });
  });

  it.each([
    ["no address", {}, "gave no address"],
    ["an address that is not Resource Manager's", { location: RESULT.replace("management.azure.com", "evil.example") }, "not its own"],
    ["an address that is not a command's", { location: `${CLUSTER}/commandResults/../../other` }, "not its own"],
  ])("is not followed to %s", async (_, headers, words) => {
    const { context } = simulatedContext();
    const { cluster, followed } = clusterThat(context, { status: 202, headers }, [running]);
    await expect(runCommand(cluster, { command: "x", clusterToken: "", purpose: "reading 1 list" }, context)).rejects.toThrow(words);
    expect(followed).toEqual([]);
  });

  it("is given up where it never ends", async () => {
    const { context, clock } = simulatedContext();
    const began = clock.now();
    await expect(runCommand(clusterThat(context, accepted, [running]).cluster, { command: "x", clusterToken: "", purpose: "reading 1 list" }, context)).rejects.toThrow(DeadlineError);
    expect(clock.now() - began).toBeLessThanOrEqual(5 * 60_000);
  });

  it.skipIf(ORACLES_ABSENT)(`is what was recorded${WHY_SKIPPED}`, async () => {
    const [, post, ...results] = exchanges("azure/run-command.json").map(({ response: { status, headers, body } }): CannedAnswer => ({ status, headers, ...(body === null ? {} : { body }) }));
    if (post === undefined) throw new Error("the recording has no POST");
    const { context } = simulatedContext();
    const { cluster, followed } = clusterThat(context, post, results);
    const outcome = await runCommand(cluster, { command: "kubectl get pods -A", clusterToken: "", purpose: "reading 1 list" }, context);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.logs).toContain("command-300ac3fddbb444308fa05d36a3002ef3");
    expect(followed[0]).toBe(RESULT.replace("/1?", "/300ac3fddbb444308fa05d36a3002ef3?"));
  });

  it.each(["", "null", "[]", "7", '"x"', '{"properties":[]}', '{"properties":{"exitCode":"0","logs":1}}', '{"properties":{"provisioningState":7,"startedAt":"soon"}}'])("goes on while its result says nothing: %j", async (body) => {
    const { context, lines } = simulatedContext();
    const { cluster } = clusterThat(context, accepted, [{ status: 202, body }, { status: 200, body }, result({ provisioningState: "Succeeded", exitCode: 0, logs: "" })]);
    await expect(runCommand(cluster, { command: "x", clusterToken: "", purpose: "reading 1 list" }, context)).resolves.toEqual({ exitCode: 0, logs: "" });
    expect(lines).toEqual(["waiting for the run command (reading 1 list): accepted"]);
  });

  it("is given up at once where the result is a page of something else", async () => {
    await expect(outcomeOf([{ status: 200, body: "<html>", headers: { "content-type": "text/html" } }])).rejects.toMatchObject({ code: "NotAzure" });
  });
});
