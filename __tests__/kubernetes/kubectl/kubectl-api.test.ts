/** Which calls of kubectl are repeated. kubectl is a function; time passes only in pauses. */
import { describe, expect, it } from "vitest";
import type { ProgramResult } from "../../../src/lib/exec.ts";
import { KubectlApi } from "../../../src/kubernetes/kubectl/kubectl-api.ts";
import { collect, List, type Write } from "../../../src/kubernetes/query.ts";
import { simulatedContext } from "../../simulated-context.ts";

const OK: ProgramResult = { exitCode: 0, stdout: '{"kind":"PodList","items":[],"metadata":{}}', stderr: "" };
const failed = (stderr: string): ProgramResult => ({ exitCode: 1, stdout: "", stderr });
const RESET = failed("Unable to connect to the server: read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer");
const REFUSED = failed("The connection to the server localhost:6443 was refused - did you specify the right host or port?");
const FORBIDDEN = failed('Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods" in API group "" at the cluster scope');
const UNKNOWN_AUTHORITY = failed("Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority");
const NEEDS = { action: "pods/read", scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" };

/** Lists pods where kubectl ends like this, then well for ever; returns how often it was called and whether the list was read. */
async function list(ends: readonly ProgramResult[]): Promise<{ readonly calls: number; readonly isRead: boolean }> {
  const left = [...ends];
  let calls = 0;
  const api = new KubectlApi(() => {
    calls += 1;
    return Promise.resolve(left.shift() ?? OK);
  }, simulatedContext().context);
  const query = new List({ doing: "listing pods", paths: ["/api/v1/pods"], needs: NEEDS }, collect((object) => object));
  await api.query([query]);
  return { calls, isRead: query.result.seen };
}

describe("a call of kubectl", () => {
  it.each([
    ["a lost connection", [RESET], 2, true],
    ["a refused connection", [REFUSED, REFUSED], 3, true],
    ["a server that has just started and refuses everybody", [RESET, FORBIDDEN, FORBIDDEN], 4, true],
    ["connections that are always lost", Array.from({ length: 9 }, () => RESET), 7, false],
    ["a refusal for want of rights", [FORBIDDEN], 1, false],
    ["a certificate that is not trusted", [UNKNOWN_AUTHORITY], 1, false],
  ])("%s: called so often", async (_, ends, calls, isRead) => {
    expect(await list(ends)).toEqual({ calls, isRead });
  });

  it("that patches is repeated as well: a merge patch twice is the same as once", async () => {
    let calls = 0;
    const api = new KubectlApi(() => {
      calls += 1;
      return Promise.resolve(calls === 1 ? RESET : { ...OK, stdout: '{"kind":"Deployment"}' });
    }, simulatedContext().context);
    const write: Write = { doing: "restarting web", verb: "patch", path: "/apis/apps/v1/namespaces/shop/deployments/web", body: {}, dryRun: false, needs: NEEDS };
    const [result] = await api.write([write]);
    expect(result?.accepted).toBe(true);
    expect(calls).toBe(2);
  });
});
