/**
 * Caches the setup of connections for a process with thousands of runs: the address of localhost, and secure contexts of the same
 * certificates. Connections and handshakes stay real.
 */
import dns from "node:dns";
import { createHash } from "node:crypto";
import tls from "node:tls";

const LOOPBACK = { address: "127.0.0.1", family: 4 } as const;

/** Call once per process, before the first connection. */
export function cacheConnectionSetup(): void {
  const lookup = dns.lookup;
  const cachedLookup = (hostname: string, options: dns.LookupOptions, callback: (...args: unknown[]) => void): void => {
    if (hostname !== "localhost" || typeof options === "function") Reflect.apply(lookup, dns, [hostname, options, callback]);
    else queueMicrotask(() => (options.all === true ? callback(null, [LOOPBACK]) : callback(null, LOOPBACK.address, LOOPBACK.family)));
  };
  Object.assign(dns, { lookup: Object.assign(cachedLookup, lookup) });
  cacheSecureContexts();
}

/** Caches secure contexts by their options. */
function cacheSecureContexts(): void {
  const contexts = new Map<string, tls.SecureContext>();
  const create = tls.createSecureContext;
  const cachedCreate = (options: tls.SecureContextOptions = {}): tls.SecureContext => {
    const { ca, cert, key, minVersion, maxVersion, ciphers, secureOptions, sessionIdContext } = options;
    const id = createHash("sha1").update(JSON.stringify([ca, cert, key, minVersion, maxVersion, ciphers, secureOptions, sessionIdContext])).digest("base64");
    const context = contexts.get(id) ?? create(options);
    contexts.set(id, context);
    return context;
  };
  Object.assign(tls, { createSecureContext: cachedCreate });
}
