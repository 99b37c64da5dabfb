/** Requests and replies of the simulated services, independent of sockets. */
import type { IncomingHttpHeaders } from "node:http";
import type { Json } from "./json.ts";

/** The simulated services; each has its own origin. */
export type Service = "entra" | "arm" | "github" | "kubernetes";

export interface SimulatedRequest {
  readonly service: Service;
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON where the body is JSON, otherwise the text; undefined without a body. */
  readonly body: Json | undefined;
  /** Common name of the client certificate, where the service's own authority issued it. */
  readonly clientCertificate: string | undefined;
  /** Simulated time of arrival, ms since the epoch. */
  readonly at: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A string is sent unchanged, anything else as JSON; undefined sends no body. */
  readonly body?: Json | undefined;
  /** Sent in place of the body: bytes that a string cannot hold. */
  readonly bytes?: Uint8Array;
  /** Real milliseconds before it is sent; 0 by default. */
  readonly delay?: number;
}

/** Answers a request; all simulated services are handlers. */
export type Handler = (request: SimulatedRequest) => Reply;

/** The bearer token of a request, or undefined. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** A form body (application/x-www-form-urlencoded); empty for any other body. */
export function formOf(body: Json | undefined): URLSearchParams {
  return new URLSearchParams(typeof body === "string" ? body : "");
}
