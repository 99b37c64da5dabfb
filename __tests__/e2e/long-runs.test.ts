/** Runs that are longer than the lifetime of their tokens, and tokens that are refused before they expire. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import { act, startWorld } from "./in-process.ts";
import { type WorldOptions } from "./world.ts";

const MINUTE = 60_000;

/** A registration of 45 minutes and an operation of 30, with tokens and assertions of five. */
const LONG: WorldOptions = {
  tweak: (world) => {
    world.identity.tokenLifetime = 300;
    world.github.tokenLifetime = 300;
    Object.assign(world.timing, { featureRegistration: 45 * MINUTE, clusterUpdate: 30 * MINUTE });
  },
};
const INPUTS = { "timeout-minutes": "240", "poll-interval-seconds": "120" };

describe("tokens with a lifetime of five minutes", () => {
  it("are renewed during a registration of 45 minutes and an operation of 30 minutes", async () => {
    await using simulator = await startWorld("fresh", LONG);
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(simulator.requestLog.entries.filter(({ status }) => status === 401), "no expired token was sent").toEqual([]);
    expect(simulator.requestLog.of("entra", "POST").length).toBeGreaterThan(10);
    expect(simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("are renewed although requests to GitHub's OIDC provider and Entra fail from time to time", async () => {
    const failures: readonly Fault[] = [
      { match: ({ path }) => path === "/oidc/token", every: 5, fault: { kind: "reset" } },
      { match: ({ path }) => path === "/oidc/token", every: 7, fault: { kind: "respond", status: 503 } },
      { match: ({ service, method }) => service === "entra" && method === "POST", every: 6, fault: { kind: "reset" } },
    ];
    await using simulator = await startWorld("fresh", { ...LONG, faults: failures });
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("changed");
  });

  it("cannot be renewed: the run ends with a clear error, and the next run continues the switch", async () => {
    const tweak: WorldOptions["tweak"] = (world) => {
      LONG.tweak?.(world);
      world.timing.clusterUpdate = 10 * MINUTE;
    };
    await using simulator = await startWorld("flag-graduated", { tweak });
    let isBroken = true;
    simulator.faults.add({ match: ({ path }) => isBroken && path === "/oidc/token" && simulator.requestLog.of("arm", "PUT").length > 0, fault: { kind: "respond", status: 500 } });
    const run = await act(simulator, INPUTS);
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.report.error?.code).toBe("NoIdToken");
    isBroken = false;
    const again = await act(simulator, INPUTS);
    expect(["changed", "compliant"], again.log).toContain(again.outputs["status"]);
    expect(simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

/** Refuses the token of the first matching request, in all later requests as well. */
function revoke(match: Fault["match"], headers: Readonly<Record<string, string>> = {}): Fault {
  let revoked: string | undefined;
  return {
    match: (request) => {
      const { authorization } = request.headers;
      if (revoked === undefined && match(request)) revoked = authorization;
      return revoked !== undefined && authorization === revoked;
    },
    fault: { kind: "respond", status: 401, headers, body: { error: { code: "ExpiredAuthenticationToken", message: "The access token expiry UTC time is in the past." } } },
  };
}

const isPut: Fault["match"] = ({ service, method }) => service === "arm" && method === "PUT";
const SECRET = "s3cret~value.of-the_app";
const BY_SECRET: { readonly world: WorldOptions; readonly env: Readonly<Record<string, string>> } = {
  world: { tweak: (world) => (world.identity.secret = SECRET) },
  env: { ACTIONS_ID_TOKEN_REQUEST_URL: "", AZURE_CLIENT_SECRET: SECRET },
};
const BY_OIDC: typeof BY_SECRET = { world: {}, env: {} };

describe("a token that is refused before it expires", () => {
  it.each([
    ["when the cluster is read, with OIDC", BY_OIDC, ({ service, path }) => service === "arm" && path.endsWith("/managedClusters/demo")],
    ["at the PUT, with OIDC", BY_OIDC, isPut],
    ["at the PUT, with a client secret", BY_SECRET, isPut],
    ["while the run polls the operation", BY_OIDC, ({ path }) => path.includes("/operations/")],
    ["by the API server, in many parallel requests", BY_OIDC, ({ service, path }) => service === "kubernetes" && path !== "/version"],
    ["by the API server, at a dry run", BY_SECRET, ({ service, method }) => service === "kubernetes" && method === "POST"],
  ] satisfies readonly (readonly [string, typeof BY_OIDC, Fault["match"]])[])("%s: the request is repeated once with a new token", async (_, identity, match) => {
    await using simulator = await startWorld("flag-graduated", { ...identity.world, faults: [revoke(match)] });
    const run = await act(simulator, {}, { env: identity.env });
    expect(run.outputs["status"], run.log).toBe("changed");
    expect(simulator.requestLog.entries.filter(({ status }) => status === 401)).not.toEqual([]);
    expect(simulator.requestLog.of("arm", "PUT").filter(({ status }) => status === 200)).toHaveLength(1);
    expect(run.report.requests.retried).toBeGreaterThan(0);
    expect(run.log).toMatch(/answered 401 \(ExpiredAuthenticationToken\); trying once more with a new token/);
  });

  it("and whose replacement is refused as well: the run fails with the refusal, after two requests", async () => {
    const refused: Fault = { match: isPut, fault: { kind: "respond", status: 401, body: { error: { code: "InvalidAuthenticationTokenTenant", message: "The access token is from the wrong issuer." } } } };
    await using simulator = await startWorld("flag-graduated", { faults: [refused] });
    const run = await act(simulator);
    expect(run.report.error, run.log).toMatchObject({ code: "InvalidAuthenticationTokenTenant", remedy: expect.stringContaining("its token was refused") as unknown });
    expect(simulator.requestLog.of("arm", "PUT")).toHaveLength(2);
  });

  it("with a claims challenge is replaced by a token with these claims, which is used from then on", async () => {
    const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: "1767225600" } } });
    const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString("base64")}"`;
    await using simulator = await startWorld("flag-graduated", { faults: [revoke(isPut, { "www-authenticate": challenge })] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("changed");
    const exchanges = simulator.requestLog.of("entra", "POST").map(({ body }) => JSON.stringify(body));
    expect(exchanges.filter((body) => body.includes("1767225600")), "one sign-in with the claims").toHaveLength(1);
    expect(simulator.requestLog.entries.filter(({ status }) => status === 401), "the refused token is not sent again").toHaveLength(1);
    expect(run.report.requests.retried, "the SDK repeats this request itself").toBe(0);
  });
});

describe("throttling", () => {
  const throttled = (times?: number): Fault => ({
    match: ({ method, path }) => method === "GET" && path.endsWith("/managedClusters/demo"),
    ...(times === undefined ? {} : { times }),
    fault: { kind: "respond", status: 429, headers: { "retry-after": "1" }, body: { code: "Throttled", message: "retry again in 1 seconds", subcode: "Throttled" } },
  });

  it("is waited for, however often the request is refused", async () => {
    await using simulator = await startWorld("compliant", { faults: [throttled(25)] });
    const run = await act(simulator, { mode: "check" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.requests.retried).toBe(25);
    expect(run.log.match(/answered 429/g)?.length, "log lines about it").toBeLessThan(10);
  });

  it("is waited for a limited time", async () => {
    await using simulator = await startWorld("compliant", { faults: [throttled()] });
    const before = simulator.clock.now();
    const run = await act(simulator, { mode: "check" });
    expect(run.report.error?.code, run.log).toBe("Throttled");
    expect(simulator.clock.now() - before, "before the deadline of ten hours").toBeLessThan(60 * MINUTE);
  });
});
