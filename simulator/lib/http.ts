/** What the simulated services see of a request and say in reply, independent of sockets. */
import type { IncomingHttpHeaders } from "node:http";
import type { Json } from "./json.ts";

export const SERVICES = ["entra", "arm", "github", "kubernetes"] as const;
/** The simulated services; each has an origin of its own. */
export type Service = (typeof SERVICES)[number];

export interface SimulatedRequest {
  readonly service: Service;
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON where the body is JSON, else the text; undefined where there was no body. */
  readonly body: Json | undefined;
  /** Common name of a client certificate that the service's own authority issued. */
  readonly clientCertificate: string | undefined;
  /** Simulated time of arrival, ms since the epoch. */
  readonly at: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A string is sent as it is; anything else as JSON; undefined sends no body. */
  readonly body?: Json | undefined;
  /** Sent in place of the body, byte by byte: what no text can say. */
  readonly bytes?: Uint8Array;
  /** Real milliseconds until it is sent; at once unless told. */
  readonly heldFor?: number;
}

export type Handler = (request: SimulatedRequest) => Reply;

/** The bearer token of a request, or undefined. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** A form body (application/x-www-form-urlencoded); empty where the body is something else. */
export function formOf(body: Json | undefined): URLSearchParams {
  return new URLSearchParams(typeof body === "string" ? body : "");
}
