/** A route of Resource Manager. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { ArmAction } from "../world/world.ts";

/** One route. `reply` gets the groups of the pattern. */
export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  /** The right that it needs; undefined: none. */
  readonly action: ArmAction | undefined;
  readonly reply: (request: SimulatedRequest, groups: readonly string[]) => Reply;
}

/** A route whose pattern is a regular expression of the whole path below the subscription. */
export function route(method: string, pattern: string, action: ArmAction | undefined, reply: Route["reply"]): Route {
  return { method, pattern: new RegExp(`^${pattern}$`, "i"), action, reply };
}
