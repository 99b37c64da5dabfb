/**
 * The client behind every pipeline. The SDK's own reads an answer whatever its length, and waits for ever where a packed answer
 * breaks off: its unpacking never hears of that. This one does neither.
 */
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { createDefaultHttpClient, type HttpClient, type PipelineRequest, RestError } from "@azure/core-rest-pipeline";

/** Unpacked. A page of 500 pods, each with many containers, has a few megabytes. */
export const LONGEST_ANSWER = 32 * 1024 * 1024;
/** The code of the error for an answer that is longer: trying again would not help. */
export const ANSWER_TOO_LONG = "AnswerTooLong";

/** A client of its own pool of connections. Its answers are whole, as text. */
export function createHttpClient(longest = LONGEST_ANSWER): HttpClient {
  const inner = createDefaultHttpClient();
  return {
    sendRequest: async (request) => {
      // The inner client hands out what it was sent only where it has not been told that it may be packed.
      request.headers.delete("accept-encoding");
      request.requestOverrides = { ...request.requestOverrides, headers: { ...request.headers.toJSON({ preserveCase: true }), "Accept-Encoding": "gzip" } };
      request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]);
      const { readableStreamBody, ...response } = await inner.sendRequest(request);
      if (readableStreamBody === undefined) return response;
      return { ...response, bodyAsText: await read(readableStreamBody, response.headers.get("content-encoding"), longest, request) };
    },
  };
}

async function read(body: NodeJS.ReadableStream, encoding: string | undefined, longest: number, request: PipelineRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = async (source: AsyncIterable<unknown>): Promise<void> => {
    for await (const chunk of source) {
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      length += piece.length;
      if (length > longest) throw new RestError(`it is longer than ${longest / 1024 / 1024} MiB`, { code: ANSWER_TOO_LONG, request });
      chunks.push(piece);
    }
  };
  try {
    // Whatever ends one of them ends all, the connection too.
    if (encoding?.toLowerCase() === "gzip") await pipeline(body, createGunzip(), collect);
    else await pipeline(body, collect);
  } catch (error) {
    if (error instanceof RestError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw new RestError(`the answer broke off: ${error instanceof Error ? error.message : String(error)}`, { code: RestError.PARSE_ERROR, request });
  }
  return Buffer.concat(chunks).toString("utf8");
}
