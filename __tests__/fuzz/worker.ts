/** Fuzzes one target in this thread, for some seconds: executes changed inputs, and keeps those that reach a new block. */
import { parentPort, workerData } from "node:worker_threads";
import { BlockCoverage } from "./block-coverage.ts";
import { isRegression, nameOf, readCorpus, writeCorpus } from "./corpus.ts";
import { mutated, randomNumbers } from "./mutate.ts";
import { TARGETS } from "./targets.ts";
import { type Finding, type FuzzResult, type FuzzTask, HEADER, LONGEST_INPUT } from "./task.ts";

/** Taking the coverage costs as much as dozens of executions. */
const BATCH = 64;
/** Findings with the same first line of their message are one. */
const MOST_FINDINGS = 20;

const { name, seconds, seed, current } = workerData as FuzzTask;
const header = new Int32Array(current, 0, 2);
const shown = new Uint8Array(current, HEADER);

const load = TARGETS[name];
if (load === undefined) throw new Error(`there is no target ${name}`);
using coverage = new BlockCoverage();
const { target } = await load();
const findings = new Map<string, Finding>();
const outcomes = new Set<string>();
let executions = 0;

/** @returns what the input reads as; undefined if an expectation does not hold */
async function execute(data: Buffer): Promise<string | undefined> {
  shown.set(data);
  header[1] = data.length;
  Atomics.add(header, 0, 1);
  executions += 1;
  try {
    return await target.fuzz(data);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const key = /^.*(?:\n +at .*){0,2}/.exec(message)?.[0] ?? message;
    if (!findings.has(key) && findings.size < MOST_FINDINGS) findings.set(key, { message: message.slice(0, 4000), input: data.toString("base64") });
    return undefined;
  }
}

const seeds = target.seeds();
const known = [...seeds, ...readCorpus(name).map(({ data }) => data)].filter(({ length }) => length <= LONGEST_INPUT);
const corpus = known.length === 0 ? [Buffer.alloc(0)] : known;
await reachingNew(corpus);

const random = randomNumbers(seed);
const tokens = target.tokens.map((token) => Buffer.from(token));
const endsAt = performance.now() + seconds * 1000;
while (performance.now() < endsAt) {
  const batch = Array.from({ length: BATCH }, () => mutated({ random, corpus, tokens, longest: LONGEST_INPUT }));
  let isNew = false;
  for (const data of batch) {
    const outcome = await execute(data);
    isNew ||= outcome !== undefined && !outcomes.has(outcome);
  }
  if (!coverage.hasNew() && !isNew) continue;
  coverage.undo();
  corpus.push(...(await reachingNew(batch)));
}
// A seed is in the code, and a regression test stays.
const fixed = [...seeds, ...readCorpus(name).filter(isRegression).map(({ data }) => data)];
const fixedNames = new Set(fixed.map(nameOf));
coverage.forget();
outcomes.clear();
const smallest = await reachingNew([...fixed, ...corpus.filter((data) => !fixedNames.has(nameOf(data))).sort((a, b) => a.length - b.length)]);
const kept = smallest.filter((data) => !fixedNames.has(nameOf(data)));
writeCorpus(name, kept);
const result: FuzzResult = {
  executions,
  coverage: Object.fromEntries(target.covers.map((file) => [file, coverage.of(file)])),
  kept: { inputs: kept.length, bytes: kept.reduce((sum, { length }) => sum + length, 0) },
  findings: [...findings.values()],
};
parentPort?.postMessage(result);

/** The inputs that reach a block which none before them reaches, or read as something new. */
async function reachingNew(inputs: readonly Buffer[]): Promise<readonly Buffer[]> {
  const reaching: Buffer[] = [];
  for (const data of inputs) {
    const outcome = await execute(data);
    if (outcome === undefined) continue;
    if (coverage.hasNew() || !outcomes.has(outcome)) reaching.push(data);
    outcomes.add(outcome);
  }
  return reaching;
}
