/** The same trouble for az and for the action: how each of them ends, and how many PUTs it takes. */
import { describe, expect, it } from "vitest";
import type { SimulatedRequest, Simulator, World } from "../../../simulator/index.ts";
import { setAt, textAt } from "../../../simulator/lib/json.ts";
import { runAction } from "../../../simulator/runner/run-action.ts";
import { openSession } from "./az.ts";

interface Ending {
  readonly succeeds: boolean;
  /** The statuses that the PUTs were answered with, as the client saw them. */
  readonly puts: readonly number[];
  /** What it says of it. */
  readonly says?: RegExp;
}

interface Trouble {
  readonly trouble: string;
  readonly arrange: (simulator: Simulator) => void;
  readonly az: Ending;
  readonly action: Ending;
  /** What else holds afterwards for the action, and not for az. */
  readonly kept?: (simulator: Simulator) => boolean;
}

const isPut = ({ service, method }: SimulatedRequest): boolean => service === "arm" && method === "PUT";
const isPoll = ({ path }: SimulatedRequest): boolean => path.includes("/operations/");

const TROUBLES: readonly Trouble[] = [
  {
    trouble: "another client changes a tag between reading and writing",
    arrange: ({ world, faults }) => {
      let seen = false;
      const change = (request: SimulatedRequest): boolean => {
        if (isPut(request) && !seen) {
          seen = true;
          setAt(world.cluster.body, ["tags", "owner"], "another-team");
          world.cluster.body["eTag"] = "another";
        }
        return false;
      };
      faults.add({ match: change, fault: { kind: "hang" } });
    },
    // az sends no If-Match: its PUT is accepted, and the other change is lost.
    az: { succeeds: true, puts: [200] },
    action: { succeeds: true, puts: [412, 200] },
    kept: ({ world }) => textAt(world.cluster.body, "tags", "owner") === "another-team",
  },
  {
    trouble: "the answer to the PUT is a 503 of a gateway, although Azure has accepted it",
    arrange: ({ world, faults }) => {
      world.timing.clusterUpdate = 5000;
      faults.add({ match: isPut, nth: 1, fault: { kind: "alter", change: () => ({ status: 503, body: "" }) } });
    },
    // az sends the PUT again at once, and meets its own operation.
    az: { succeeds: false, puts: [503, 409], says: /OperationNotAllowed/ },
    action: { succeeds: true, puts: [503] },
  },
  {
    trouble: "the operation's address answers 404",
    arrange: ({ faults }) => faults.add({ match: isPoll, fault: { kind: "respond", status: 404, body: { error: { code: "NotFound", message: "The operation could not be found." } } } }),
    // az gives up, although the switch goes on. The action reads the cluster instead.
    az: { succeeds: false, puts: [200], says: /NotFound/ },
    action: { succeeds: true, puts: [200] },
  },
  {
    trouble: "the operation is canceled, without a reason",
    arrange: ({ world }) => void (world.cluster.updateOutcome = { status: "Canceled", error: undefined, mechanism: "InitContainers" }),
    // az takes the status of the answer for the one of the operation.
    az: { succeeds: false, puts: [200], says: /invalid status 'OK'/ },
    action: { succeeds: false, puts: [200], says: /canceled/i },
  },
];

function putsOf({ requestLog }: Simulator): number[] {
  return requestLog.of("arm", "PUT").map(({ status }) => status);
}

/** az looks at an operation at once, and then every 30 s. */
function withoutWait(world: World): void {
  world.timing.clusterUpdate = 0;
}

describe("trouble", () => {
  it.each(TROUBLES)("$trouble: az", async ({ arrange, az, kept }) => {
    await using session = await openSession({ scenario: "flag-graduated", tweak: withoutWait });
    const { simulator } = session;
    const { resourceGroup, cluster } = simulator.world;
    await session.signIn("secret");
    arrange(simulator);
    const { exitCode, stderr } = await session.az("aks", "mesh", "proxy-redirection-mechanism", "--resource-group", resourceGroup, "--name", cluster.name, "--mechanism", "CNIChaining");
    expect({ succeeds: exitCode === 0, puts: putsOf(simulator) }, stderr).toEqual({ succeeds: az.succeeds, puts: az.puts });
    if (az.says !== undefined) expect(stderr).toMatch(az.says);
    if (kept !== undefined) expect(kept(simulator)).toBe(false);
  });

  it.each(TROUBLES)("$trouble: the action", async ({ arrange, action, kept }) => {
    await using session = await openSession({ scenario: "flag-graduated", tweak: withoutWait });
    const { simulator } = session;
    arrange(simulator);
    const { exitCode, log } = await runAction({ simulator, inputs: { "kube-access": "none", "poll-interval-seconds": "0.5" }, killAfter: 150_000 });
    expect({ succeeds: exitCode === 0, puts: putsOf(simulator) }, log).toEqual({ succeeds: action.succeeds, puts: action.puts });
    if (action.says !== undefined) expect(log).toMatch(action.says);
    if (kept !== undefined) expect(kept(simulator)).toBe(true);
  });
});
