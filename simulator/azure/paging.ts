/** Lists in pages, as Resource Manager returns them. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { JsonObject } from "../lib/json.ts";

/** One page of a list; `$skiptoken` contains the index of its first item. `size`: items of a page. */
export function page(items: readonly JsonObject[], request: SimulatedRequest, origin: string, size: number): Reply {
  const from = Number(Buffer.from(request.query.get("$skiptoken") ?? "", "base64url").toString("utf8")) || 0;
  const next = new URLSearchParams(request.query);
  next.set("$skiptoken", Buffer.from(String(from + size)).toString("base64url"));
  const nextLink = from + size < items.length ? { nextLink: `${origin}${request.path}?${next.toString()}` } : {};
  return { status: 200, body: { value: items.slice(from, from + size), ...nextLink } };
}
