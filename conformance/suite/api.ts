/** The Kubernetes API in raw JSON, for what the suite itself makes, changes and looks at. */
import { Agent, request } from "node:https";
import { buffer, text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { type Json, type JsonObject, objectsAt, parseJson, textAt } from "../../simulator/lib/json.ts";
import type { Credentials, Target } from "./kubeconfig.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json | undefined;
}

export interface Api {
  /** One request; whatever the status, an answer. `path` may have a query. */
  ask(method: string, path: string, body?: Json, contentType?: string): Promise<Answer>;
  /** The body of an answer as it came, whatever the status, asked for in a media type. */
  bytes(path: string, accept: string): Promise<Buffer>;
  /** The object at a path. @throws where there is none */
  get(path: string): Promise<JsonObject>;
  /** The items of a list. */
  list(path: string): Promise<JsonObject[]>;
  /** Creates objects, in their order. @throws at the first that is refused */
  create(...objects: readonly JsonObject[]): Promise<void>;
  /** Merges into an object. @throws where that is refused */
  merge(path: string, patch: JsonObject): Promise<void>;
  /** Deletes an object, and what it owns; does not wait, and does not mind where there is none. */
  remove(path: string): Promise<void>;
}

const PLURALS: Readonly<Record<string, string>> = { NetworkPolicy: "networkpolicies" };

/** Path of an object, or of the collection that it is to be made in. */
export function pathOf(object: Json, isNamed = true): string {
  const apiVersion = textAt(object, "apiVersion") ?? "v1";
  const kind = textAt(object, "kind") ?? "";
  const namespace = textAt(object, "metadata", "namespace");
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const collection = `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}`;
  return isNamed ? `${collection}/${textAt(object, "metadata", "name") ?? ""}` : collection;
}

function complaint(doing: string, { status, body }: Answer): Error {
  return new Error(`${doing}: ${status} ${textAt(body, "message") ?? JSON.stringify(body)}`);
}

/** The API as a user sees it. */
export function createApi({ origin, authority }: Pick<Target, "origin" | "authority">, credentials: Credentials): Api {
  const agent = new Agent({
    keepAlive: true,
    ca: authority,
    ...(credentials.kind === "certificate" ? { cert: credentials.cert, key: credentials.key } : {}),
  });
  const authorization = credentials.kind === "token" ? { authorization: `Bearer ${credentials.token}` } : {};

  async function ask(method: string, path: string, body?: Json, contentType = "application/json"): Promise<Answer> {
    const headers = { accept: "application/json", ...authorization, ...(body === undefined ? {} : { "content-type": contentType }) };
    return new Promise((resolve, reject) => {
      const sent = request(`${origin}${path}`, { method, agent, headers }, (response) => {
        text(response).then((said) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parseJson(said) ?? said });
        }, reject);
      });
      sent.once("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async function succeed(method: string, path: string, body?: Json, contentType?: string): Promise<JsonObject> {
    const answer = await ask(method, path, body, contentType);
    if (answer.status >= 300) throw complaint(`${method} ${path}`, answer);
    return typeof answer.body === "object" && answer.body !== null && !Array.isArray(answer.body) ? answer.body : {};
  }

  async function bytes(path: string, accept: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const sent = request(`${origin}${path}`, { agent, headers: { accept, ...authorization } }, (response) => {
        buffer(response).then(resolve, reject);
      });
      sent.once("error", reject);
      sent.end();
    });
  }

  return {
    ask,
    bytes,
    get: (path) => succeed("GET", path),
    list: async (path) => objectsAt(await succeed("GET", path), "items"),
    async create(...objects) {
      for (const object of objects) await succeed("POST", pathOf(object, false), object);
    },
    async merge(path, patch) {
      await succeed("PATCH", path, patch, "application/merge-patch+json");
    },
    async remove(path) {
      const answer = await ask("DELETE", `${path}?propagationPolicy=Background`);
      if (answer.status >= 300 && answer.status !== 404) throw complaint(`DELETE ${path}`, answer);
    },
  };
}

/**
 * Asks again until something is so. `seconds`: real ones, after which it gives up. `pause`: between two looks, in milliseconds.
 *
 * @throws an error that says what was waited for, and what was seen last
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, seconds = 60, pause = 200): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await setTimeout(pause);
  }
}
