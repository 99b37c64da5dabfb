import { join } from "node:path";

/** The entries of the repository's cache, a folder each. */
export const cache = join(process.env.STAND_INS_STORE, "cache");

/** The keys that actions/cache refuses. */
export const isValid = (key) => key.length <= 512 && !key.includes(",");

export const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
