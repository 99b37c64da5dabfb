/** The environment of a process that runs in a simulated world. */
import type { SimulatedClock } from "../lib/clock.ts";
import type { World } from "../world/world.ts";

/**
 * Environment variables for trust, clock and GitHub's OIDC. `github`: the origin of the simulated GitHub; `authorityFile`: path of
 * the PEM file with the authority of the public endpoints.
 */
export function processEnvironment(
  world: World,
  clock: SimulatedClock,
  github: string,
  authorityFile: string,
): Record<string, string> {
  const oidc = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${github}/oidc/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: world.github.requestToken,
  };
  return {
    NODE_EXTRA_CA_CERTS: authorityFile,
    NODE_OPTIONS: `--import ${new URL("../lib/fast-clock.mjs", import.meta.url).href}`,
    SIMULATED_CLOCK: JSON.stringify(clock.settings),
    ...(world.github.idTokenPermission ? oidc : {}),
  };
}
