/** Pods that do not get redirected, when the CNI agent has had its time to repair them. */
import { beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../../simulator/lib/json.ts";
import { AGED } from "./aged-pods.ts";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { api, initContainersOf, podsIn, target } from "./stage.ts";

/** After so long a pod that has not passed istio-validation is a failure, in milliseconds. */
const AGE = 5 * 60_000 + 10_000;

describe("pods that have not been redirected for minutes", () => {
  let run: Run;

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    const pods = await podsIn(AGED);
    for (const pod of pods) expect(initContainersOf(pod), "injected before the switches of the other expectations").toContain("istio-validation");
    const since = Math.max(...pods.map((pod) => Date.parse(textAt(pod, "metadata", "creationTimestamp") ?? "")));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, since + AGE - Date.now())));
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    run = await azure.run({ mode: "check", namespaces: AGED });
  }, 600_000);

  it("check fails: none of them is redirected", () => {
    const { result, message } = run.check("pods-redirected");
    expect(result, run.log).toBe("fail");
    expect(message).toBe("Redirection is broken in 1 pod (not-programmed), 1 pod (no sandbox), 2 pods (istio-validation fails).");
    expect(run.outputs["status"]).toBe("drifted");
    expect(run.exitCode).toBe(1);
  });

  it.each([
    ["validation-finds-nothing", /126|not-programmed/],
    ["validation-breaks", /exit code 1\b/],
    ["validation-is-killed", /137/],
    ["no-sandbox", /sandbox/],
  ] as const)("%s is told with its reason", (name, reason) => {
    const evidence = run.check("pods-redirected").evidence.find((line) => line.includes(`/${name}`));
    expect(evidence, run.log).toMatch(reason);
  });
});
