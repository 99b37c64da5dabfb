/**
 * The HTTP client of every pipeline. It limits the length of an answer, and fails if a compressed answer breaks off. The SDK's
 * default client does neither: it waits forever for the rest of a compressed answer.
 */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest, type PipelineResponse, RestError } from "@azure/core-rest-pipeline";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf } from "../errors.ts";

/** Bytes after decompression. A page of 500 pods, each with many containers, has a few megabytes. */
const LONGEST_ANSWER = 32 * 1024 * 1024;
/** Bytes: the smallest buffer to decompress into. */
const LEAST_BUFFER = 64 * 1024;
/** The code of the error for an answer that is too long. It is not retried: the next one would be as long. */
const ANSWER_TOO_LONG = "AnswerTooLong";

/** An answer with its body as bytes, decompressed. */
interface WholeResponse extends PipelineResponse {
  readonly bytes: Buffer;
}

/** The decompressed body of an answer of this client; empty if there is none. */
export function bytesOf(response: PipelineResponse): Buffer {
  return isWhole(response) ? response.bytes : Buffer.from(response.bodyAsText ?? "");
}

/**
 * Frees the memory of an answer's bytes, which are empty afterwards. Garbage collection would free it later: it does not count the
 * memory behind a Buffer.
 */
export function releaseMemory(bytes: Buffer): void {
  const memory = bytes.buffer;
  // Small buffers share their memory. Node 20, on which only tools and tests run, has no `transfer`.
  if (memory.byteLength >= LEAST_BUFFER && bytes.length > memory.byteLength / 2 && "transfer" in memory) memory.transfer(0);
}

function isWhole(response: PipelineResponse): response is WholeResponse {
  return "bytes" in response && Buffer.isBuffer(response.bytes);
}

/** Creates a client with a connection pool of its own. Read the bodies of its answers with {@link bytesOf}. */
export function createHttpClient(longest = LONGEST_ANSWER): HttpClient {
  const inner = createDefaultHttpClient();
  return {
    sendRequest: async (request) => {
      // With this header in the request, the inner client would decompress the body itself.
      request.headers.delete("accept-encoding");
      request.requestOverrides = { ...request.requestOverrides, headers: { ...request.headers.toJSON({ preserveCase: true }), "Accept-Encoding": "gzip" } };
      request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]);
      const { readableStreamBody, ...response } = await inner.sendRequest(request);
      if (readableStreamBody === undefined) return response;
      const bytes = await read(readableStreamBody, response.headers.get("content-encoding"), longest, request);
      const whole: WholeResponse = {
        ...response,
        bytes,
        // Decoded on demand: the pages of large lists are read as bytes.
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
    // An error in one of them ends both, and the connection.
    await pipeline(body, collect);
    const whole = Buffer.concat(chunks);
    // A gateway may declare an encoding for a body that it does not send. A whole gzip file has at least 18 bytes (RFC 1952).
    return whole.length > 0 && encoding?.toLowerCase() === "gzip" ? await decompress(whole, longest) : whole;
  } catch (error) {
    if (error instanceof RestError || (error instanceof Error && error.name === "AbortError")) throw error;
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    throw new RestError(`the answer broke off: ${messageOf(error)}`, { code: RestError.PARSE_ERROR, request });
  }
}

/**
 * Decompresses into one buffer of the size that the answer declares (RFC 1952: ISIZE, the last four bytes), so that nothing is
 * copied. If the declared size is too small, zlib uses further buffers.
 */
async function decompress(packed: Buffer, longest: number): Promise<Buffer> {
  const size = packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4);
  // One byte more, because zlib allocates a second buffer as soon as the first one is full.
  return promisify(gunzip)(packed, { chunkSize: Math.min(Math.max(size + 1, LEAST_BUFFER), longest + 1), maxOutputLength: longest });
}
