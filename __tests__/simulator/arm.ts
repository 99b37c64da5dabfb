/** The simulated Resource Manager of a scenario, without servers: requests are calls, and time passes only when a test says so. */
import { createResourceManager } from "../../simulator/azure/resource-manager.ts";
import { type Json, type JsonObject, isObject } from "../../simulator/lib/json.ts";
import type { Reply } from "../../simulator/lib/http.ts";
import { createTokenRegistry } from "../../simulator/lib/tokens.ts";
import { scenario, type ScenarioName } from "../../simulator/scenarios/registry.ts";
import type { World } from "../../simulator/world/world.ts";

const ARM = "https://arm.example";
export const NEWEST = "2026-08-01";
const FROM = Date.UTC(2026, 9, 1);
const noCommands = { submit: () => ({ status: 500 }), result: () => ({ status: 500 }), close: () => Promise.resolve() };

interface Options {
  readonly version?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without the bearer token. */
  readonly anonymous?: boolean;
}

export interface Arm {
  readonly world: World;
  /** The cluster's resource ID. */
  readonly cluster: string;
  /** The path of the subscription. */
  readonly subscription: string;
  /** Simulated time, ms since the epoch. */
  now: number;
  send(method: string, path: string, options?: Options): Reply;
  /** The body of the answer to a GET, which must be 200. */
  get(path: string, options?: Options): JsonObject;
}

/** Opens a scenario's Resource Manager. */
export function openArm(name: ScenarioName, tweak: (world: World) => void = () => undefined): Arm {
  const world = scenario(name).create(FROM);
  tweak(world);
  const tokens = createTokenRegistry();
  const access = () => ({ internalOrigin: "", externalOrigin: () => "", authority: "", client: { cert: "", key: "" } });
  const handler = createResourceManager({ world, tokens, origins: () => ({ arm: ARM, entra: "https://entra.example" }), access, runCommands: noCommands });
  const token = tokens.issue(ARM, {}, FROM, 10 * 365 * 86_400);
  const subscription = `/subscriptions/${world.subscriptionId}`;
  const arm: Arm = {
    world,
    subscription,
    cluster: `${subscription}/resourceGroups/${world.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${world.cluster.name}`,
    now: FROM,
    send: (method, path, { version = NEWEST, query = {}, body, headers = {}, anonymous = false } = {}) =>
      handler({
        service: "arm",
        method,
        path,
        query: new URLSearchParams({ "api-version": version, ...query }),
        headers: { ...(anonymous ? {} : { authorization: `Bearer ${token}` }), ...headers },
        body,
        clientCertificate: undefined,
        at: arm.now,
      }),
    get(path, options) {
      const { status, body } = arm.send("GET", path, options);
      if (status !== 200 || !isObject(body)) throw new Error(`GET ${path} answers ${status} ${JSON.stringify(body)}`);
      return body;
    },
  };
  return arm;
}
