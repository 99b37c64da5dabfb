/** Proves what `equivalences.ts` says about the HTTP layer: faults of one group leave the code above it with the same result, at the same time. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// First: it replaces functions of Node.js.
import { VirtualTime } from "./virtual-time.ts";
import { createHttpClient } from "../../src/lib/http/http-client.ts";
import { HttpSender, type RenewableCredential } from "../../src/lib/http/http-sender.ts";
import { createPipeline } from "../../src/lib/http/pipeline.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { ServiceError } from "../../src/lib/errors.ts";
import type { RunContext } from "../../src/lib/run-context.ts";
import { unreachableReason } from "../../src/kubernetes/reachability.ts";
import { createTokenRegistry } from "../../simulator/lib/tokens.ts";
import { createFaultPlan } from "../../simulator/server/faults.ts";
import { createRequestLog } from "../../simulator/server/request-log.ts";
import { simulatedContext } from "../simulated-context.ts";
import { AFTER_A_SECOND, AFTER_SEVEN_SECONDS, AFTER_TEN_MINUTES, ANY_ANSWER, AT_ONCE, BROKEN, NOT_AZURE, REFUSED, UNREACHABLE, WITHOUT_END } from "./equivalences.ts";
import { FAULTS, type NamedFault } from "./fault-kinds.ts";
import { installMemoryNetwork, startInMemory } from "../in-memory-network.ts";

/** A request of the action that its HTTP layer may repeat. */
const READS = [
  { service: "arm", method: "GET", path: "/subscriptions/s/resourceGroups/g" },
  { service: "kubernetes", method: "GET", path: "/api/v1/pods" },
  { service: "kubernetes", method: "POST", path: "/api/v1/namespaces/shop/pods?dryRun=All" },
] as const;
type Read = (typeof READS)[number];

/** What the code above the HTTP layer gets to know. */
interface Outcome {
  readonly result: string;
  readonly tookMs: number;
  readonly repeated: number;
}

const time = new VirtualTime();
beforeAll(() => {
  installMemoryNetwork();
  time.install();
});
afterAll(() => {
  time.uninstall();
});

function faultNamed(name: string): NamedFault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`There is no fault ${name}.`);
  return found;
}

/** Gives a new token after each refused one. */
function newTokens(): RenewableCredential {
  let issued = 1;
  return {
    getToken: () => Promise.resolve({ token: `token-${issued}`, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    discard: () => {
      issued += 1;
    },
  };
}

/** Starts a service whose first answers have a fault, and a sender for it. */
async function startFaulty(service: Read["service"], name: string): Promise<{ readonly sender: HttpSender; readonly origin: string; readonly running: RunContext; readonly close: () => Promise<void> }> {
  const fault = faultNamed(name);
  let chosen: ReturnType<NamedFault["fault"]> = { kind: "hang" };
  const faults = createFaultPlan([{
    times: fault.times ?? 1,
    match: (request) => {
      chosen = fault.fault(request, time.now());
      const id = String(request.headers["x-ms-client-request-id"] ?? "");
      if (chosen.kind === "hang") time.hang(id);
      if (chosen.kind === "stall") time.stall(id);
      return true;
    },
    get fault() {
      return chosen;
    },
  }]);
  const body = { kind: "PodList", apiVersion: "v1", metadata: {}, items: [{ metadata: { name: "demo" } }] };
  const server = await startInMemory({ service, tls: { cert: "", key: "" }, handler: () => ({ status: 200, body }), requestLog: createRequestLog(), faults, tokens: createTokenRegistry(), now: time.now });
  const { context } = simulatedContext();
  const running = { ...context, clock: { ...systemClock, timeout: time.timeout }, deadlineAt: time.now() + 3_600_000 };
  const sender = new HttpSender(service === "arm" ? "Resource Manager" : "Kubernetes", createPipeline(), createHttpClient(), running, service, { credential: newTokens(), scope: "https://service.example/.default" });
  return { sender, origin: server.origin, running, close: () => server.close() };
}

/** Sends a request whose first attempt has a fault. @param describe an error, as text */
async function send({ service, method, path }: Read, name: string, describe: (error: ServiceError) => string): Promise<Outcome> {
  const { sender, origin, running, close } = await startFaulty(service, name);
  const startedAt = time.now();
  const result = await sender
    .send({ doing: "reading", method, url: `${origin}${path}`, ...(method === "POST" ? { body: "{}" } : {}), resendable: true })
    .then((answer) => JSON.stringify(answer.json()))
    .catch((error: unknown) => {
      if (!(error instanceof ServiceError)) throw error;
      return describe(error);
    });
  await close();
  return { result, tookMs: time.now() - startedAt, repeated: running.requests.retried };
}

describe.each(READS)("after a fault at $method of $service", (read) => {
  it.each([
    ["no pause", AT_ONCE],
    ["a second", AFTER_A_SECOND],
    ["seven seconds", AFTER_SEVEN_SECONDS],
    ["the longest wait", WITHOUT_END],
    ["ten minutes", AFTER_TEN_MINUTES],
  ])("the service's answer comes after %s, whichever of these it was", async (_, names) => {
    const outcomes = new Map<string, string[]>();
    for (const name of names) {
      const outcome = JSON.stringify(await send(read, name, ({ message }) => `an error: ${message}`));
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), name]);
    }
    expect([...outcomes.values()], [...outcomes.keys()].join("\n")).toEqual([names]);
    expect([...outcomes.keys()].join("")).toContain("PodList");
  });
});

describe.each(READS)("the service's answer to $method of $service comes at once", (read) => {
  it("after a 401, with a new token", async () => {
    const { result, tookMs } = await send(read, "401", ({ message }) => `an error: ${message}`);
    expect({ result, tookMs }).toEqual({ result: expect.stringContaining('"kind":"PodList"') as string, tookMs: 0 });
  });
  if (read.service !== "kubernetes") return;
  it("with an invalid byte, which is in its kind", async () => {
    const { result, tookMs, repeated } = await send(read, "invalid UTF-8", ({ message }) => `an error: ${message}`);
    expect({ answer: JSON.parse(result) as unknown, tookMs, repeated }).toEqual({ answer: { kind: "\uFFFDPodList", apiVersion: "v1", metadata: {}, items: [{ metadata: { name: "demo" } }] }, tookMs: 0, repeated: 0 });
  });
});

describe("what Resource Manager does not answer", () => {
  it("is the error NotAzure at once, whatever it is", async () => {
    for (const name of NOT_AZURE) {
      const outcome = await send(READS[0], name, ({ failure, remedy }) => `${failure.code}: ${remedy}`);
      expect(outcome, name).toMatchObject({ tookMs: 0, repeated: 0 });
      expect(outcome.result, name).toMatch(/^NotAzure: ./);
    }
  });
});

describe("a refusal of Kubernetes", () => {
  it("is final at once, and none that a query treats in a way of its own", async () => {
    const kubernetes = READS[1];
    for (const name of REFUSED) {
      const { result, tookMs, repeated } = await send(kubernetes, name, ({ status = 0 }) => String(status));
      expect({ name, tookMs, repeated, isOrdinary: !["403", "404", "410"].includes(result) }).toEqual({ name, tookMs: 0, repeated: 0, isOrdinary: true });
      expect(result, name).not.toContain("PodList");
    }
  });
});

describe("a ping of the API server", () => {
  /** Whether the action takes the API server for reachable. */
  async function isReachable(name: string): Promise<boolean> {
    const { sender, origin, running, close } = await startFaulty("kubernetes", name);
    const ping = async (): Promise<void> => {
      await sender.send({ doing: "pinging", method: "GET", url: `${origin}/version`, resendable: true, retries: 0, timeoutMs: 5000 });
    };
    const why = await unreachableReason(ping, { ...running, clock: { ...running.clock, sleep: () => Promise.resolve() } });
    await close();
    return why === undefined;
  }

  it.each([...ANY_ANSWER, ...BROKEN])("reaches it in spite of the fault %s", async (name) => {
    expect(await isReachable(name)).toBe(true);
  });

  it.each(UNREACHABLE)("does not reach it with the fault %s", async (name) => {
    expect(await isReachable(name)).toBe(false);
  });
});
