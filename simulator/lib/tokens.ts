/** The tokens that the simulated services issue. Clients cannot read them; the simulator can look them up. */
import { randomBytes } from "node:crypto";
import type { Json, JsonObject } from "./json.ts";

export interface IssuedToken {
  readonly audience: string;
  readonly claims: JsonObject;
  /** Simulated time, ms since the epoch. */
  readonly expiresAt: number;
}

export interface TokenRegistry {
  /** Issues a token for one audience that is valid for `seconds` from `now` (ms since the epoch). */
  issue(audience: string, claims: JsonObject, now: number, seconds: number): string;
  /** The claims of a token; undefined for a token that was not issued here. */
  find(token: string | undefined): IssuedToken | undefined;
  /** All issued tokens. */
  all(): readonly string[];
}

function encoded(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/**
 * An empty registry. Its tokens have the three parts of a JWT; the signature is random.
 *
 * @param fixed the one token to issue for an audience, where a server outside the simulator has to accept it
 */
export function createTokenRegistry(fixed?: { readonly audience: string; readonly token: string }): TokenRegistry {
  const issued = new Map<string, IssuedToken>();
  return {
    issue(audience, claims, now, seconds) {
      const issuedAt = Math.floor(now / 1000);
      const all = { ...claims, aud: audience, iat: issuedAt, nbf: issuedAt, exp: issuedAt + seconds };
      const parts = (): string[] => [encoded({ typ: "JWT", alg: "RS256", kid: "simulated" }), encoded(all), randomBytes(64).toString("base64url")];
      const token = fixed?.audience === audience ? fixed.token : parts().join(".");
      issued.set(token, { audience, claims: all, expiresAt: now + seconds * 1000 });
      return token;
    },
    find: (token) => (token === undefined ? undefined : issued.get(token)),
    all: () => [...issued.keys()],
  };
}
