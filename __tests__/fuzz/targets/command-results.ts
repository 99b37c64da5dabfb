/**
 * The result of a run command, as Resource Manager returns it. A command has ended with an exit code only if a 200 says that it Succeeded
 * with that code, and its result is read only from its own address.
 */
import assert from "node:assert/strict";
import { runCommand } from "../../../src/azure/run-command.ts";
import { ManagedCluster } from "../../../src/azure/managed-cluster.ts";
import { ActionError } from "../../../src/lib/errors.ts";
import { at, numberAt, parseJson, textAt } from "../../../src/lib/json.ts";
import { cannedArm, type CannedAnswer } from "../../azure/canned-arm.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { Choices } from "../choices.ts";
import type { Target } from "../target.ts";

const PATH = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/shop";
const RESULT = `https://management.azure.com${PATH}/commandResults/1?api-version=2026-08-01`;
const STATUSES = [200, 202, 204, 404, 429, 500] as const;
/** What the command ends as if the first answer does not end it. */
const LATER = { exitCode: 77, logs: "later" };

async function fuzz(data: Buffer): Promise<string> {
  const choices = new Choices(data);
  const status = choices.pick([...STATUSES]);
  const rest = choices.rest().toString("utf8");
  const isAddress = rest.startsWith("@");
  const first: CannedAnswer = isAddress ? { status: 202 } : { status, body: rest };
  const { context } = simulatedContext();
  const followed: string[] = [];
  const { arm } = cannedArm(context, ({ method, url }) => {
    if (method === "POST") return { status: 202, headers: { location: isAddress ? rest.slice(1) : RESULT } };
    followed.push(url);
    return followed.length === 1 ? first : { status: 200, body: { properties: { provisioningState: "Succeeded", ...LATER } } };
  });
  const cluster = new ManagedCluster(arm, { subscriptionId: "s", resourceGroup: "g", name: "shop" }, context);
  try {
    const outcome = await runCommand(cluster, { command: "x", clusterToken: "", purpose: "reading 1 list" }, context);
    if (outcome.exitCode === LATER.exitCode && followed.length > 1) return "later";
    expectSaid(outcome, status, parseJson(rest));
    return "ended";
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return error.code.slice(0, 40);
  } finally {
    for (const url of followed) assert.match(url, /^https:\/\/management\.azure\.com\/subscriptions\/s\/resourceGroups\/g\/providers\/Microsoft\.ContainerService\/managedClusters\/shop\/commandResults\/[\w-]+\?api-version=[\w-]+$/, "a result is read from its own address");
  }
}

function expectSaid({ exitCode, logs }: { readonly exitCode: number; readonly logs: string }, status: number, body: unknown): void {
  assert.equal(status, 200, "a command has ended if the answer is a 200");
  const properties = at(body, "properties");
  assert.equal(textAt(properties, "provisioningState").toLowerCase(), "succeeded", "a command has ended if its result says so");
  assert.equal(numberAt(properties, "exitCode"), exitCode, "the exit code is that of the result");
  assert.equal(textAt(properties, "logs"), logs, "the output is that of the result");
}

const PROPERTIES = { provisioningState: "Succeeded", exitCode: 0, logs: "hello\n", startedAt: "2026-11-26T02:14:00Z", finishedAt: "2026-11-26T02:14:05Z" };

export const target: Target = {
  covers: ["src/azure/run-command.ts"],
  seeds: () =>
    [{ properties: PROPERTIES }, { id: "1", properties: { ...PROPERTIES, provisioningState: "Failed", reason: "did not start within 30s" } }, { properties: { provisioningState: "Running" } }, { properties: { ...PROPERTIES, exitCode: null } }]
      .map((body) => JSON.stringify(body))
      .concat(`@${RESULT}`, `@${RESULT.replace("management.azure.com", "evil.example")}`, "")
      .flatMap((text) => [Buffer.from(`\0${text}`), Buffer.from(`\x01${text}`)]),
  tokens: ['"properties":{', '"provisioningState":"Succeeded"', '"provisioningState":"Canceled"', '"exitCode":0', '"exitCode":"0"', '"exitCode":1e400', '"logs":', '"reason":', '"__proto__":', "null", "[]", "/commandResults/", "?api-version=", "../", "%2e%2e", "//", "#", "@evil.example", "https://", "https://management.azure.com"],
  fuzz,
};
