import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LabelChange } from "../../../src/istio/injection/namespace-labels.ts";
import { ActionError } from "../../../src/lib/errors.ts";
import { at } from "../../../src/lib/json.ts";
import { labelNamespaces } from "../../../src/phases/apply/label-namespaces.ts";
import { InMemoryApi } from "../../in-memory-api.ts";

const path = (name: string): string => `/api/v1/namespaces/${name}`;

function cluster(...names: readonly string[]): InMemoryApi {
  const api = new InMemoryApi();
  for (const name of names) api.objects.set(path(name), { metadata: { name, labels: { team: "a", "istio-injection": "enabled" } } });
  return api;
}
const change = (namespace: string, more: Readonly<Record<string, string | null>> = {}): LabelChange => ({ namespace, labels: { "istio.io/rev": "asm-1-28", ...more } });

async function run(api: InMemoryApi, changes: readonly LabelChange[]): Promise<{ labelled: string[]; error: unknown }> {
  const labelled: string[] = [];
  const error = await labelNamespaces({ api, changes, onLabelled: ({ namespace }) => labelled.push(namespace), onUnanswered: () => undefined }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { labelled, error };
}

describe("labelNamespaces", () => {
  test("sends one batch of dry runs for all namespaces, and then one batch of changes", async () => {
    const api = cluster("shop", "pay");
    expect(await run(api, [change("shop"), change("pay", { "istio-injection": null })])).toEqual({ labelled: ["shop", "pay"], error: undefined });
    expect(api.writes.map(({ dryRun }) => dryRun)).toEqual([true, true, false, false]);
    expect(api.batches).toBe(2);
    expect(at(api.objects.get(path("shop")), "metadata", "labels")).toEqual({ team: "a", "istio-injection": "enabled", "istio.io/rev": "asm-1-28" });
    expect(at(api.objects.get(path("pay")), "metadata", "labels")).toEqual({ team: "a", "istio.io/rev": "asm-1-28" });
  });
  test("changes nothing if one dry run is refused, and names the namespace", async () => {
    const api = cluster("shop", "pay");
    api.refuse = ({ path: where }) => (where.endsWith("pay") ? { status: 403, message: "no" } : undefined);
    const { labelled, error } = await run(api, [change("shop"), change("pay")]);
    expect(labelled).toEqual([]);
    expect(api.writes.every(({ dryRun }) => dryRun)).toBe(true);
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({ message: "pay: Kubernetes answered 403: Forbidden: no (the dry run was refused, so no namespace was labelled)." });
  });
  test("lists the labelled namespaces if a change is refused", async () => {
    const api = cluster("shop", "pay");
    api.refuse = ({ path: where, dryRun }) => (where.endsWith("pay") && !dryRun ? { status: 409, message: "conflict" } : undefined);
    const { labelled, error } = await run(api, [change("shop"), change("pay")]);
    expect(labelled).toEqual(["shop"]);
    expect(error).toMatchObject({ message: expect.stringContaining("labelled before: shop") as unknown });
  });
  test("changes no other label", async () => {
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, fc.string(), { noNullPrototype: true }), async (labels) => {
        const api = new InMemoryApi();
        api.objects.set(path("shop"), { metadata: { name: "shop", labels, uid: "u" }, spec: { finalizers: ["kubernetes"] } });
        await labelNamespaces({ api, changes: [change("shop", { "istio-injection": null })], onLabelled: () => undefined, onUnanswered: () => undefined });
        expect(api.objects.get(path("shop"))).toEqual({ metadata: { name: "shop", labels: { ...labels, "istio.io/rev": "asm-1-28" }, uid: "u" }, spec: { finalizers: ["kubernetes"] } });
      }),
    );
  });
});
