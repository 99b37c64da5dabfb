/** Answers that break off, never end, or unpack to more than they seem. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { describe, expect, it } from "vitest";
import { createHttpClient, releaseMemory } from "../../../src/lib/http/http-client.ts";

const MIB = 1024 * 1024;

async function ask(answer: (response: ServerResponse) => void, signal?: AbortSignal): Promise<string | null | undefined> {
  const server = createServer((_, response) => answer(response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const request = createPipelineRequest({ url, allowInsecureConnection: true, disableKeepAlive: true, ...(signal === undefined ? {} : { abortSignal: signal }) });
    return (await createHttpClient(MIB).sendRequest(request)).bodyAsText;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const packed = (text: string) => (response: ServerResponse): void => {
  response.setHeader("content-encoding", "gzip");
  response.end(gzipSync(text));
};

describe("the client behind every pipeline", () => {
  it("reads plain and packed answers", async () => {
    expect(await ask((response) => response.end('{"é":1}'))).toBe('{"é":1}');
    expect(await ask(packed("packed"))).toBe("packed");
    expect(await ask((response) => response.writeHead(204).end())).toBe("");
  });

  it("reads no body as empty, whatever its encoding is said to be", async () => {
    expect(await ask((response) => response.writeHead(403, { "content-encoding": "gzip" }).end())).toBe("");
  });

  it("unpacks an answer that says that it becomes less than it does", async () => {
    const text = "a".repeat(300_000);
    // RFC 1952: members in a row are one text, and the last says how long only itself becomes.
    const members = Buffer.concat([gzipSync(text), gzipSync("b")]);
    expect(await ask((response) => response.setHeader("content-encoding", "gzip").end(members))).toBe(`${text}b`);
  });

  it("does not believe an answer that says that it becomes more than it does", async () => {
    const boaster = gzipSync("small");
    boaster.writeUInt32LE(0xffff_ffff, boaster.length - 4);
    await expect(ask((response) => response.setHeader("content-encoding", "gzip").end(boaster))).rejects.toMatchObject({ code: "PARSE_ERROR" });
  });

  it("does not wait for the rest of a packed answer that broke off", async () => {
    const half = (response: ServerResponse): void => {
      const all = gzipSync(Array.from({ length: 5000 }, (_, index) => String(Math.sin(index))).join());
      response.writeHead(200, { "content-encoding": "gzip", "content-length": all.length });
      response.write(all.subarray(0, all.length / 2), () => response.destroy());
    };
    await expect(ask(half)).rejects.toMatchObject({ name: "RestError", code: "PARSE_ERROR" });
  });

  it("does not take a packed answer whose end is missing for a whole one", async () => {
    const cut = (response: ServerResponse): void => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync("packed".repeat(1000)).subarray(0, -8));
    };
    await expect(ask(cut)).rejects.toMatchObject({ code: "PARSE_ERROR" });
  });

  it.each([
    ["plain", (response: ServerResponse): void => void response.end(" ".repeat(2 * MIB))],
    ["packed into a few kilobytes", packed(" ".repeat(50 * MIB))],
  ])("reads no more than it may: %s", async (_, answer) => {
    await expect(ask(answer)).rejects.toMatchObject({ code: "AnswerTooLong" });
  });

  it("lets go of an answer that dribbles when it is told to", async () => {
    const stop = new AbortController();
    const dribble = (response: ServerResponse): void => {
      response.write("{", () => setImmediate(() => stop.abort()));
    };
    await expect(ask(dribble, stop.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("the memory of an answer", () => {
  it("is given back where it is the answer's own, and left alone where others have a part of it", () => {
    const long = Buffer.alloc(MIB, "x");
    releaseMemory(long);
    expect(long.length).toBe("transfer" in long.buffer ? 0 : MIB);

    const [short, neighbour] = [Buffer.from("short"), Buffer.from("neighbour")];
    releaseMemory(short);
    expect(`${short.toString()} ${neighbour.toString()}`).toBe("short neighbour");

    const whole = Buffer.alloc(MIB, "x");
    releaseMemory(whole.subarray(0, 1000));
    expect(whole.length).toBe(MIB);
  });
});
