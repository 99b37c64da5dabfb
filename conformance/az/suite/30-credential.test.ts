/** The bundle with az's session as its credential, as after azure/login. */
import { describe, expect, it } from "vitest";
import { type ActionRun, runAction } from "../../../simulator/runner/run-action.ts";
import { type AzSession, openSession } from "./az.ts";

/** Runs the action without a credential of its own: neither IDs, nor GitHub's OIDC, nor a secret. */
function runWithSession({ simulator, env }: AzSession, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> {
  const none = { "client-id": "", "tenant-id": "" };
  const { PATH = "", AZURE_CONFIG_DIR = "", REQUESTS_CA_BUNDLE = "", AZURE_CORE_INSTANCE_DISCOVERY = "" } = env;
  return runAction({
    simulator,
    inputs: { ...none, "poll-interval-seconds": "0.5", ...inputs },
    env: { PATH, AZURE_CONFIG_DIR, REQUESTS_CA_BUNDLE, AZURE_CORE_INSTANCE_DISCOVERY, ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "", NODE_OPTIONS: "" },
    killAfter: 150_000,
  });
}

describe("the session of az", () => {
  it.each(["secret", "federated"] as const)("signed in with %s: the cluster is switched and looked into, in az's subscription", async (how) => {
    await using session = await openSession({ scenario: "flag-graduated", tweak: (world) => Object.assign(world.timing, { daemonSetRollout: 500, podStart: 500 }) });
    await session.signIn(how);
    const run = await runWithSession(session, { "subscription-id": "" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "redirection-mechanism": "CNIChaining", "daemonset-ready": "5/5" });
    expect(run.log).toContain("the Azure CLI's session (client-id and tenant-id are not both set");
    for (const secret of session.simulator.secrets()) expect(run.log.replaceAll(/::add-mask::.*/g, ""), "secrets in the log").not.toContain(secret);
  });

  it("that has none: the run says so, and how each kind of sign-in works", async () => {
    await using session = await openSession({ scenario: "compliant" });
    const run = await runWithSession(session);
    expect(run.exitCode).toBe(1);
    expect(run.log).toMatch(/the Azure CLI is not signed in \(az account show: ERROR: Please run 'az login'/);
    expect(run.log).toContain("NoCredentials");
  });

  it("whose GitHub token has expired: the run names Entra's code", async () => {
    const lifetime = 15;
    await using session = await openSession({ scenario: "compliant", tweak: (world) => (world.github.tokenLifetime = lifetime) });
    await session.signIn("federated");
    const { clock } = session.simulator;
    const expired = clock.now() + lifetime * 1000;
    await expect.poll(() => clock.now(), { timeout: 2 * lifetime * 1000, interval: 1000 }).toBeGreaterThan(expired);
    // The token for Resource Manager is az's since the sign-in. That for Kubernetes needs another exchange.
    const run = await runWithSession(session);
    expect(run.log).toContain("AADSTS700024");
  });
});
