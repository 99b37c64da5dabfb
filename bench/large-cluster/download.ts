/**
 * The baseline of the scale part: downloads the pages that a run downloaded, with the HTTP client of the action, and discards them.
 * It is bundled like the action. BENCH_DOWNLOAD is JSON {origin, ca, json, lists}; with `json` it requests the pages as JSON and parses them.
 */
import { systemClock } from "../../src/lib/clock.ts";
import { createHttpClient } from "../../src/lib/http/http-client.ts";
import { HttpSender } from "../../src/lib/http/http-sender.ts";
import { acceptHeaderFor } from "../../src/kubernetes/protobuf/response.ts";
import { roleWait } from "../../src/lib/run-context.ts";
import { arrayAt, booleanAt, parseJson, textAt } from "../../src/lib/json.ts";
import { createPipelineFromOptions } from "@azure/core-rest-pipeline";

const task = parseJson(process.env["BENCH_DOWNLOAD"] ?? "");
const nothing = (): void => undefined;
const context = {
  clock: systemClock,
  log: { phase: nothing, info: nothing, warning: nothing, debug: nothing, end: nothing },
  signal: new AbortController().signal,
  deadlineAt: Number.POSITIVE_INFINITY,
  pollIntervalMs: 1000,
  random: Math.random,
  requests: { arm: 0, kubernetes: 0, retried: 0 },
  roleWait: roleWait(false, 0),
};
const pipeline = createPipelineFromOptions({ tlsOptions: { ca: textAt(task, "ca") } });
const sender = new HttpSender("Kubernetes", pipeline, createHttpClient(), context, "kubernetes");

const asJson = booleanAt(task, "json") === true;
const accept = asJson ? "application/json" : acceptHeaderFor("pods");
let bytes = 0;
await Promise.all(
  arrayAt(task, "lists").map(async (pages) => {
    for (const target of Array.isArray(pages) ? pages : []) {
      const answer = await sender.send({ doing: "downloading", method: "GET", url: `${textAt(task, "origin")}${String(target)}`, headers: { accept }, resendable: true });
      bytes += answer.bytes.length;
      if (asJson) answer.json();
    }
  }),
);
process.stdout.write(`${bytes}\n`);
process.exit(0);
