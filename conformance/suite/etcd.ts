/** etcd below the API server, through its JSON gateway. */
import { isObject, type Json, parseJson, textAt } from "../../simulator/lib/json.ts";

async function call(etcd: string, path: string, body: Json): Promise<Json | undefined> {
  const answer = await fetch(`${etcd}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`etcd: ${path} answered ${answer.status}: ${text}`);
  return parseJson(text);
}

/** Drops all history, as etcd does every five minutes: lists that are being read in pages cannot go on at their old revision. */
export async function compact(etcd: string): Promise<void> {
  const found = await call(etcd, "range", { key: Buffer.from("conformance").toString("base64") });
  const revision = textAt(found, "header", "revision");
  if (!isObject(found) || revision === undefined) throw new Error("etcd told no revision");
  await call(etcd, "compaction", { revision, physical: true });
}
