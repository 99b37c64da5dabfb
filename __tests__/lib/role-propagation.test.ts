/** Runs that write repeat requests that are refused for a missing role, for a minute (six polls) in total. */
import { describe, expect, it } from "vitest";
import { type Failure, ServiceError } from "../../src/lib/errors.ts";
import { retryWhileRolePropagates } from "../../src/lib/role-propagation.ts";
import { simulatedContext } from "../simulated-context.ts";

const READ = { action: "Microsoft.ContainerService/managedClusters/read", scope: "the cluster", role: "Reader" };

function refusal(code: string, changes: Partial<Failure> = {}): ServiceError {
  return new ServiceError({ service: "Resource Manager", doing: "reading the cluster demo", status: 403, code, message: "no", needs: READ, ...changes }, "Grant it.");
}

/** A service that refuses this many requests, then accepts them. */
function service(refusals: number, error: Error): { readonly send: () => Promise<string>; readonly sent: () => number } {
  let sent = 0;
  return {
    sent: () => sent,
    send: () => ((sent += 1) <= refusals ? Promise.reject(error) : Promise.resolve("accepted")),
  };
}

describe("a missing role", () => {
  it("is waited for, and named at once", async () => {
    const { context, clock, lines } = simulatedContext();
    const start = clock.now();
    const { send } = service(3, refusal("AuthorizationFailed"));
    await expect(retryWhileRolePropagates(context, send)).resolves.toBe("accepted");
    expect(clock.now() - start).toBe(30_000);
    expect(context.requests.retried).toBe(3);
    expect(lines).toEqual([
      'warning: reading the cluster demo: the identity lacks Microsoft.ContainerService/managedClusters/read on the cluster, which the built-in role "Reader" includes (AuthorizationFailed). Waiting up to 1 min, because a new role assignment needs time to take effect',
    ]);
  });

  it("is waited for during six polls in total, then the refusal is the error", async () => {
    const { context, clock, lines } = simulatedContext();
    const start = clock.now();
    await retryWhileRolePropagates(context, service(2, refusal("AuthorizationFailed")).send);
    const error = refusal("AuthorizationFailed", { doing: "refreshing the provider" });
    const { send, sent } = service(1000, error);
    await expect(retryWhileRolePropagates(context, send)).rejects.toBe(error);
    expect(clock.now() - start).toBe(60_000);
    expect(sent(), "sent once more at the end").toBe(5);
    expect(lines.map((line) => line.split(/, | the identity/)[0]), "one line per request").toEqual([
      "warning: reading the cluster demo:",
      "warning: refreshing the provider:",
    ]);
    await expect(retryWhileRolePropagates(context, service(1, error).send), "no further wait").rejects.toBe(error);
  });

  it("is not waited for beyond the deadline", async () => {
    const { context, clock } = simulatedContext({ deadlineInMs: 25_000 });
    const start = clock.now();
    const error = refusal("AuthorizationFailed");
    await expect(retryWhileRolePropagates(context, service(1000, error).send)).rejects.toBe(error);
    expect(clock.now() - start).toBe(25_000);
  });

  it("for a linked resource is named in Azure's words, without tokens", async () => {
    const { context, lines } = simulatedContext();
    const message = "it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action'; you sent Bearer abcdefghijkl";
    await retryWhileRolePropagates(context, service(1, refusal("LinkedAuthorizationFailed", { message })).send);
    expect(lines[0]).toContain("subnets/join/action");
    expect(lines[0]).not.toContain("abcdefghijkl");
  });

  it("ends the wait when the run is cancelled", async () => {
    const { context, stop } = simulatedContext();
    stop.abort(new Error("cancelled"));
    await expect(retryWhileRolePropagates(context, service(1, refusal("AuthorizationFailed")).send)).rejects.toThrow("cancelled");
  });
});

describe("does not wait", () => {
  it.each([
    ["a policy", refusal("RequestDisallowedByPolicy")],
    ["a deny assignment", refusal("DenyAssignmentAuthorizationFailed")],
    ["a lock", refusal("ScopeLocked", { status: 409 })],
    ["a refusal of the API server", refusal("Forbidden", { service: "Kubernetes" })],
    ["another status", refusal("AuthorizationFailed", { status: 401 })],
    ["a bug", new TypeError("undefined is not a function")],
  ])("after %s", async (_, error) => {
    const { context, clock } = simulatedContext();
    const start = clock.now();
    await expect(retryWhileRolePropagates(context, service(1, error).send)).rejects.toBe(error);
    expect(clock.now()).toBe(start);
  });

  it("in a run that only reads", async () => {
    const { context, lines } = simulatedContext({ writes: false });
    await expect(retryWhileRolePropagates(context, service(1, refusal("AuthorizationFailed")).send)).rejects.toThrow("403");
    expect(lines).toEqual([]);
  });
});
