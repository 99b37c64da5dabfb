/** The Azure CLI as a credential: what it says of itself reaches the log. Its words are those of az 2.91. */
import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import { delimiter } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AzureCli } from "../../src/azure/azure-cli.ts";
import { knownCloud } from "../../src/azure/clouds.ts";
import { selectCredential } from "../../src/azure/credentials.ts";
import type { ServiceError } from "../../src/lib/errors.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { RunProgram } from "../../src/lib/exec.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { simulatedContext } from "../simulated-context.ts";

const CLOUD = knownCloud("AzureCloud");
const EXPIRED = `ERROR: AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-27T03:48:17.865Z, assertion valid until 2026-11-27T03:14:09.785Z. Trace ID: cdbd708c-850c-4e6a-9f94-c9d4fdeff1ec Correlation ID: cd4d54d9-41b4-4bb7-a747-df819e0b8ecc Timestamp: 2026-11-27 03:48:17Z
Run the command below to authenticate interactively; additional arguments may be added as needed:
az logout
az login`;

afterEach(() => vi.unstubAllEnvs());

/** An az that is signed in, and whose get-access-token ends like this. */
function azThatSays(stderr: string): string {
  return `#!/bin/sh
case "$2" in
  show) echo '{"id": "5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90"}' ;;
  *) cat >&2 <<'TEXT'
${stderr}
TEXT
  exit 1 ;;
esac
`;
}

const runProgram: RunProgram = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : 1, stdout, stderr }));
  });

/** How the sign-in fails with such an az in the PATH. */
async function failureOf(stderr: string): Promise<ServiceError> {
  using folder = temporaryFolder({ az: azThatSays(stderr) });
  chmodSync(`${folder.path}/az`, 0o755);
  vi.stubEnv("PATH", [folder.path, process.env["PATH"] ?? ""].join(delimiter));
  const cli = new AzureCli(runProgram, { tenantId: undefined, subscriptionId: undefined });
  const sources = { tenantId: undefined, clientId: undefined, audience: "", clientSecret: "", idToken: undefined, cli, mask: () => undefined };
  const { credential } = await selectCredential(sources, CLOUD, { ...simulatedContext().context, clock: systemClock });
  const caught: unknown = await credential.getToken(CLOUD.scope).then(() => undefined, (error: unknown) => error);
  return caught as ServiceError;
}

describe("a session of the Azure CLI", () => {
  it("whose GitHub token has expired: the failure has Entra's code and correlation ID, not the SDK's advice", async () => {
    const { message, failure } = await failureOf(EXPIRED);
    expect(failure).toMatchObject({ service: "Azure CLI", code: "AADSTS700024", correlationId: "cd4d54d9-41b4-4bb7-a747-df819e0b8ecc" });
    expect(message).not.toContain("from a command prompt");
  });

  it("that prints a warning first: the failure has the error", async () => {
    expect((await failureOf(`WARNING: A new version is available.\n${EXPIRED}`)).failure.code).toBe("AADSTS700024");
  });
});
