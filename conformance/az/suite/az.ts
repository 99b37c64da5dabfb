/** Sessions of the Azure CLI that the suite has installed. */
import { inject } from "vitest";
import { type AzSession, openSession as openSessionIn, type SessionOptions } from "../session.ts";

export { type AzResult, type AzSession, CLOUD, SECRET } from "../session.ts";

export function openSession(options: Omit<SessionOptions, "azFolder">): Promise<AzSession> {
  return openSessionIn({ ...options, azFolder: inject("azFolder") });
}
