/**
 * What a process that makes thousands of runs need not do anew for each of their connections: look localhost up in a file, and
 * read the same certificates again. Connections and handshakes stay real.
 */
import dns from "node:dns";
import { createHash } from "node:crypto";
import tls from "node:tls";

const LOOPBACK = { address: "127.0.0.1", family: 4 } as const;

/** Install once a process, before the first connection. */
export function takeShortCuts(): void {
  const lookup = dns.lookup;
  const quick = (hostname: string, options: dns.LookupOptions, callback: (...args: unknown[]) => void): void => {
    if (hostname !== "localhost" || typeof options === "function") Reflect.apply(lookup, dns, [hostname, options, callback]);
    else queueMicrotask(() => (options.all === true ? callback(null, [LOOPBACK]) : callback(null, LOOPBACK.address, LOOPBACK.family)));
  };
  Object.assign(dns, { lookup: Object.assign(quick, lookup) });
  keepContexts();
}

/** Secure contexts by what they were made of. */
function keepContexts(): void {
  const kept = new Map<string, tls.SecureContext>();
  const make = tls.createSecureContext;
  const again = (options: tls.SecureContextOptions = {}): tls.SecureContext => {
    const { ca, cert, key, minVersion, maxVersion, ciphers, secureOptions, sessionIdContext } = options;
    const id = createHash("sha1").update(JSON.stringify([ca, cert, key, minVersion, maxVersion, ciphers, secureOptions, sessionIdContext])).digest("base64");
    const context = kept.get(id) ?? make(options);
    kept.set(id, context);
    return context;
  };
  Object.assign(tls, { createSecureContext: again });
}
