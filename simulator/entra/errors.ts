/** The error body of Entra. */
import { randomUUID } from "node:crypto";
import type { Reply } from "../lib/http.ts";

/** An error with its AADSTS code. `at`: simulated time, ms since the epoch; `error`: the OAuth error code. */
export function entraError(at: number, status: number, error: string, code: number, text: string): Reply {
  const timestamp = new Date(at).toISOString().replace("T", " ").replace(/\.\d+/, "");
  const trace = randomUUID();
  const correlation = randomUUID();
  return {
    status,
    headers: { "cache-control": "no-store, no-cache", "x-ms-request-id": trace },
    body: {
      error,
      error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}
