/**
 * The client behind every pipeline. The SDK's own reads an answer whatever its length, and waits for ever where a packed answer
 * breaks off: its unpacking never hears of that. This one does neither.
 */
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { createDefaultHttpClient, type HttpClient, type PipelineRequest, type PipelineResponse, RestError } from "@azure/core-rest-pipeline";
import { messageOf } from "./errors.ts";

/** Unpacked. A page of 500 pods, each with many containers, has a few megabytes. */
export const LONGEST_ANSWER = 32 * 1024 * 1024;
/** Bytes of the buffer that an answer is unpacked into, where it says that it is shorter. */
const LEAST_BUFFER = 64 * 1024;
/** The code of the error for an answer that is longer: trying again would not help. */
export const ANSWER_TOO_LONG = "AnswerTooLong";

/** An answer with its body as it came, unpacked. */
interface WholeResponse extends PipelineResponse {
  readonly bytes: Buffer;
}

/** The body of an answer that a client of this file gave, unpacked; empty where there is none. */
export function bytesOf(response: PipelineResponse): Buffer {
  return isWhole(response) ? response.bytes : Buffer.from(response.bodyAsText ?? "");
}

/**
 * Gives the memory of an answer's bytes back, which are empty from then on. The runtime would do so too, but late: it does not see
 * how much hangs on an object as small as a Buffer.
 */
export function releaseMemory(bytes: Buffer): void {
  const memory = bytes.buffer;
  // Small buffers share theirs. Node 20, on which only tools and tests run, cannot give any back.
  if (memory.byteLength >= LEAST_BUFFER && bytes.length > memory.byteLength / 2 && "transfer" in memory) memory.transfer(0);
}

function isWhole(response: PipelineResponse): response is WholeResponse {
  return "bytes" in response && Buffer.isBuffer(response.bytes);
}

/** A client of its own pool of connections. Its answers are whole: see {@link bytesOf}. */
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
      const bytes = await read(readableStreamBody, response.headers.get("content-encoding"), longest, request);
      const whole: WholeResponse = {
        ...response,
        bytes,
        // Made where it is asked for: a page of a large list is read as bytes.
        get bodyAsText() {
          return bytes.toString("utf8");
        },
      };
      return whole;
    },
  };
}

async function read(body: NodeJS.ReadableStream, encoding: string | undefined, longest: number, request: PipelineRequest): Promise<Buffer> {
  const tooLong = (): RestError => new RestError(`it is longer than ${longest / 1024 / 1024} MiB`, { code: ANSWER_TOO_LONG, request });
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = async (source: AsyncIterable<unknown>): Promise<void> => {
    for await (const chunk of source) {
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      length += piece.length;
      if (length > longest) throw tooLong();
      chunks.push(piece);
    }
  };
  try {
    // Whatever ends one of them ends both, the connection too.
    await pipeline(body, collect);
    const whole = Buffer.concat(chunks);
    return encoding?.toLowerCase() === "gzip" ? await unpack(whole, longest) : whole;
  } catch (error) {
    if (error instanceof RestError || (error instanceof Error && error.name === "AbortError")) throw error;
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    throw new RestError(`the answer broke off: ${messageOf(error)}`, { code: RestError.PARSE_ERROR, request });
  }
}

/**
 * Unpacks into one buffer, as long as the answer says that it becomes (RFC 1952: ISIZE, its last four bytes): nothing is copied,
 * and the runtime has half as much to clear away. One that says too little is unpacked in pieces.
 */
async function unpack(packed: Buffer, longest: number): Promise<Buffer> {
  const becomes = packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4);
  // A buffer that is just full would be followed by a second one.
  return promisify(gunzip)(packed, { chunkSize: Math.min(Math.max(becomes + 1, LEAST_BUFFER), longest + 1), maxOutputLength: longest });
}
