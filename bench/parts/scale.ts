/** The cost of a check of a large cluster, compared with downloading the same pages with the same client. */
import type { Figure, PartResults } from "../figures.ts";
import type { ClusterSize } from "../large-cluster/pages.ts";
import { startLargeCluster } from "../large-cluster/start.ts";
import type { Measured } from "../measure-process.ts";
import { interleaved, samplesOf } from "../samples.ts";

interface Case extends ClusterSize {
  readonly rounds: number;
}

const CASES: readonly Case[] = [
  { pods: 1000, namespaces: 1, rounds: 5 },
  { pods: 1000, namespaces: 100, rounds: 5 },
  { pods: 1000, namespaces: 1000, rounds: 5 },
  { pods: 10_000, namespaces: 1, rounds: 5 },
  { pods: 10_000, namespaces: 100, rounds: 5 },
  { pods: 10_000, namespaces: 1000, rounds: 5 },
  { pods: 100_000, namespaces: 1, rounds: 5 },
  { pods: 100_000, namespaces: 100, rounds: 7 },
  { pods: 100_000, namespaces: 1000, rounds: 5 },
];
/** The smallest cluster's pods. */
const SMALL = 1000;
/** The number of pods that the budgets apply to. */
const LARGE = 100_000;
const MOST_MB = 256;
const MOST_TIMES = 2;

export async function scale(): Promise<PartResults> {
  const figures: Figure[] = [];
  const details: string[] = [];
  for (const size of CASES) {
    const name = `${size.pods} pods in ${size.namespaces} namespaces`;
    await using cluster = await startLargeCluster(size);
    // The first check determines the pages to download.
    const first = await cluster.check();
    if (first.status !== "compliant" || first.pods < size.pods) throw new Error(`${name}: ${first.status}, ${first.pods} pods\n${first.output}`);
    const isLarge = size.pods === LARGE;
    const results = await interleaved<string, Measured>({ download: () => cluster.download("protobuf"), check: () => cluster.check() }, size.rounds, false);
    const json = await cluster.download("json");
    const time = samplesOf(results, "check", ({ wallMs }) => wallMs / 1000);
    const memory = samplesOf(results, "check", ({ maxRssMb }) => maxRssMb);
    const cpu = samplesOf(results, "check", ({ userMs, systemMs }) => (userMs + systemMs) / 1000);
    const download = samplesOf(results, "download", ({ wallMs }) => wallMs / 1000).median;
    figures.push(
      {
        name: `${name}: time`,
        value: time.median,
        unit: "s",
        baseline: { name: "download", value: download },
        spread: time.spread,
        ...(isLarge ? { budget: { text: `at most ${MOST_TIMES}x`, met: time.median <= MOST_TIMES * download } } : {}),
      },
      { name: `${name}: time`, value: time.median, unit: "s", baseline: { name: "the same as JSON, downloaded and parsed, once", value: json.wallMs / 1000 }, spread: time.spread },
      { name: `${name}: CPU`, value: cpu.median, unit: "s", baseline: { name: "download", value: samplesOf(results, "download", ({ userMs, systemMs }) => (userMs + systemMs) / 1000).median }, spread: cpu.spread },
      {
        name: `${name}: peak memory`,
        value: memory.median,
        unit: "MB",
        baseline: { name: "download", value: samplesOf(results, "download", ({ maxRssMb }) => maxRssMb).median },
        spread: memory.spread,
        ...(isLarge ? { budget: { text: `less than ${MOST_MB} MB`, met: memory.median < MOST_MB } } : {}),
      },
    );
    details.push(`${name}: ${(cluster.bytes.protobuf / 1e6).toFixed(0)} MB of protobuf, ${(cluster.bytes.json / 1e6).toFixed(0)} MB as JSON; ${((1000 * time.median) / (size.pods / 1000)).toFixed(0)} ms and ${(memory.median / (size.pods / 1000)).toFixed(2)} MB per 1,000 pods`);
  }
  return { part: "scale", title: "Scale", figures, details: [...details, ...growth(figures)] };
}

/** The growth of CPU and memory from a cluster to one with ten times as many pods and the same number of namespaces. */
function growth(figures: readonly Figure[]): readonly string[] {
  const valueOf = ({ pods, namespaces }: ClusterSize, what: string): number => figures.find(({ name }) => name === `${pods} pods in ${namespaces} namespaces: ${what}`)?.value ?? Number.NaN;
  return CASES.filter(({ pods }) => pods > SMALL).map((size) => {
    const tenth = { ...size, pods: size.pods / 10 };
    const [cpu = Number.NaN, memory = Number.NaN] = ["CPU", "peak memory"].map((what) => valueOf(size, what) / valueOf(tenth, what));
    return `from ${tenth.pods} to ${size.pods} pods in ${size.namespaces} namespaces: ${cpu.toFixed(1)} times the CPU, ${memory.toFixed(1)} times the memory`;
  });
}
