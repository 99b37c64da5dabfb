import { describe, expect, it } from "vitest";
import type { ManagedCluster } from "../../src/azure/managed-cluster.ts";
import { readCommandResult, runCommand } from "../../src/azure/run-command.ts";
import { DeadlineError, ServiceError } from "../../src/lib/errors.ts";
import type { HttpAnswer } from "../../src/lib/http.ts";
import { exchanges, ORACLES_ABSENT, WHY_SKIPPED } from "../oracles/folder.ts";
import { simulatedContext } from "../simulated-context.ts";

const LOCATION = "https://management.azure.com/subscriptions/s/commandResults/1?api-version=x";
const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer => ({
  status,
  header: (name) => headers[name],
  text: body === null ? "" : JSON.stringify(body),
  bytes: Buffer.from(body === null ? "" : JSON.stringify(body)),
  json: () => body,
  unreadable: (kind) => new ServiceError({ service: "Resource Manager", doing: "", code: "NotAzure", message: kind }, ""),
  release: () => undefined,
});
const result = (properties: object, status = 200): HttpAnswer => answer(status, { id: "1", properties });
const running = result({ provisioningState: "Running" }, 202);

/** A cluster that answers the POST and then each look; the last answer stays. */
function clusterThat(post: HttpAnswer, looks: readonly (HttpAnswer | undefined)[]): { readonly cluster: Pick<ManagedCluster, "address" | "act" | "follow">; readonly posted: string[]; readonly followed: string[] } {
  const posted: string[] = [];
  const followed: string[] = [];
  return {
    posted,
    followed,
    cluster: {
      address: { subscriptionId: "s", resourceGroup: "g", name: "shop" },
      act: (action, { body }) => {
        posted.push(`${action} ${body ?? ""}`);
        return Promise.resolve(post);
      },
      follow: (url) => {
        followed.push(url);
        return Promise.resolve(looks[Math.min(followed.length, looks.length) - 1]);
      },
    },
  };
}

const accepted = answer(202, null, { location: LOCATION });

describe("a run command", () => {
  it("is posted once and followed to its end, soon at first", async () => {
    const { context, clock, lines } = simulatedContext();
    const { cluster, posted, followed } = clusterThat(accepted, [running, running, result({ provisioningState: "Succeeded", exitCode: 0, logs: "hello\n" })]);
    const began = clock.now();
    await expect(runCommand(cluster, "echo hello", "token", context)).resolves.toEqual({ exitCode: 0, logs: "hello\n" });
    expect(posted).toEqual(['runCommand {"command":"echo hello","context":"","clusterToken":"token"}']);
    expect(followed).toEqual([LOCATION, LOCATION, LOCATION]);
    expect(clock.now() - began).toBeLessThan(5000);
    expect(lines).toEqual(["waiting for the run command: Running"]);
  });

  it("may end with an exit code of its own", async () => {
    const { cluster } = clusterThat(accepted, [result({ provisioningState: "Succeeded", exitCode: 3, logs: "no" })]);
    await expect(runCommand(cluster, "x", "", simulatedContext().context)).resolves.toEqual({ exitCode: 3, logs: "no" });
  });

  it.each([
    ["failed, whatever its exit code", { provisioningState: "Failed", exitCode: 0, reason: "it broke" }, "it broke"],
    ["was cancelled", { provisioningState: "Canceled" }, "Canceled"],
    ["has no exit code", { provisioningState: "Succeeded", logs: "x" }, "without an exit code"],
  ])("is a failure where it %s", async (_, properties, words) => {
    const { cluster } = clusterThat(accepted, [result(properties)]);
    const run = runCommand(cluster, "x", "", simulatedContext().context);
    await expect(run).rejects.toThrow(ServiceError);
    await expect(run).rejects.toThrow(words);
  });

  it("says that its pod found no place", async () => {
    const reason = "Failed to run command due to cluster perf issue, container command-x in aks-command namespace did not start within 30s on your cluster";
    const { cluster } = clusterThat(accepted, [result({ provisioningState: "Failed", reason })]);
    await expect(runCommand(cluster, "x", "", simulatedContext().context)).rejects.toMatchObject({ remedy: expect.stringContaining("free capacity for a pod in the namespace aks-command") as unknown });
  });

  it.each([
    ["no address", answer(202, null), running, "gave no address"],
    ["an address that is not Resource Manager's", accepted, undefined, "not its own"],
  ])("is not followed to %s", async (_, post, look, words) => {
    const { cluster } = clusterThat(post, [look]);
    await expect(runCommand(cluster, "x", "", simulatedContext().context)).rejects.toThrow(words);
  });

  it("is given up where it never ends", async () => {
    const { context, clock } = simulatedContext();
    const began = clock.now();
    const { cluster } = clusterThat(accepted, [running]);
    await expect(runCommand(cluster, "x", "", context)).rejects.toThrow(DeadlineError);
    expect(clock.now() - began).toBeLessThanOrEqual(5 * 60_000);
  });

  it.skipIf(ORACLES_ABSENT)(`is what was recorded${WHY_SKIPPED}`, async () => {
    const recorded = exchanges("azure/run-command.json").map(({ response }) => answer(response.status, response.body, response.headers));
    const [, post, ...looks] = recorded;
    if (post === undefined) throw new Error("the recording has no POST");
    const { cluster } = clusterThat(post, looks);
    const outcome = await runCommand(cluster, "kubectl get pods -A", "", simulatedContext().context);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.logs).toContain("command-300ac3fddbb444308fa05d36a3002ef3");
  });

  it("reads a result of any shape", () => {
    for (const text of ["", "<html>", "null", "[]", '{"properties":[]}', '{"properties":{"exitCode":"0","logs":1}}']) {
      expect(readCommandResult(text)).toEqual({ state: "", exitCode: undefined, logs: "", reason: "" });
    }
  });
});
