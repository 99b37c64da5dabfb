/** Runs every scenario in every mode, and a fleet, and writes a page of each with an index. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createCertificates, scenario, type ScenarioName, scenarios } from "../index.ts";
import { temporaryFolder } from "../lib/temporary-folder.ts";
import type { ActionRun } from "../runner/run-action.ts";
import { firstHeadline } from "./document.ts";
import { runFleetNights } from "./fleet.ts";
import { type GalleryPage, type GallerySection, galleryIndex } from "./gallery-index.ts";
import { renderPage } from "./html-page.ts";
import { runScenario } from "./run-scenario.ts";

export interface GalleryOptions {
  /** Where the pages are written, in place of older ones. */
  readonly directory: string;
  /** Simulated seconds per real second, while a run waits. */
  readonly speed: number;
  /** Whether the action can comment on pull requests; then it does in mode plan. */
  readonly hasComments: boolean;
  readonly print: (line: string) => void;
}

/** A run of the gallery. */
interface Job {
  readonly scenario: ScenarioName;
  /** What distinguishes it from the scenario's other runs; part of the file's name. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const FLEET = "fleet";
const FLEET_CLUSTERS = 10;
/** Runs with more inputs, where they make a difference. */
const RESTARTS: readonly Job[] = [
  { scenario: "fresh", name: "apply-restart-refused", inputs: { mode: "apply", "restart-workloads": "refused" } },
  { scenario: "stale-pods", name: "apply-restart-stale", inputs: { mode: "apply", "restart-workloads": "stale" } },
  { scenario: "stuck-rollout", name: "apply-restart-stale", inputs: { mode: "apply", "restart-workloads": "stale" } },
];

function jobs(hasComments: boolean): Job[] {
  const modes: readonly Omit<Job, "scenario">[] = [
    { name: "apply", inputs: { mode: "apply" } },
    { name: "plan", inputs: { mode: "plan", ...(hasComments ? { "pr-comment": "true" } : {}) } },
    { name: "check", inputs: { mode: "check", "drift-issue": "true" } },
    { name: "disable", inputs: { mode: "disable" } },
  ];
  return scenarios.flatMap(({ name }) => [...modes.map((mode) => ({ ...mode, scenario: name })), ...RESTARTS.filter((job) => job.scenario === name)]);
}

/** Writes the gallery. @returns the exit code: 0 where all runs ended as expected */
export async function runGallery(options: GalleryOptions): Promise<number> {
  const { directory, print } = options;
  const startedAt = performance.now();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  /** By scenario and job. */
  const written = new Map<string, readonly GalleryPage[]>();
  using cache = temporaryFolder();
  const certificates = createCertificates();
  const all = jobs(options.hasComments);
  const tasks = [
    // The longest first, so that none is left at the end.
    async () => void written.set(FLEET, await fleetPages(options, certificates)),
    ...all.map((job) => async () => {
      const pages = await scenarioPages(job, options, { certificates, env: { NODE_COMPILE_CACHE: cache.path } });
      written.set(`${job.scenario} ${job.name}`, pages);
    }),
  ];
  await inParallel(tasks, availableParallelism() + 1);

  const sections: GallerySection[] = scenarios.map(({ name }) => ({
    name,
    description: scenario(name).description,
    pages: all.filter((job) => job.scenario === name).flatMap((job) => written.get(`${name} ${job.name}`) ?? []),
  }));
  sections.push({ name: FLEET, description: `${FLEET_CLUSTERS} clusters on two nights; in between a subscription vanishes`, pages: written.get(FLEET) ?? [] });
  const pages = sections.flatMap((section) => section.pages);
  const seconds = (performance.now() - startedAt) / 1000;
  const note = `${pages.length} pages of ${all.length} runs and a fleet.`;
  await writeFile(join(directory, "index.html"), galleryIndex(sections, note));
  print(`\n${note} They took ${seconds.toFixed(0)} s. Open ${join(directory, "index.html")}`);
  const surprises = pages.filter(({ isSurprise }) => isSurprise);
  for (const { file, end } of surprises) print(`not expected: ${file}: ${end}`);
  return surprises.length === 0 ? 0 : 1;
}

async function inParallel(tasks: readonly (() => Promise<void>)[], parallel: number): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

interface Shared {
  readonly certificates: ReturnType<typeof createCertificates>;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a job, and writes its summary and all that it posted on GitHub. */
async function scenarioPages(job: Job, { directory, speed, print }: GalleryOptions, shared: Shared): Promise<GalleryPage[]> {
  const { scenario: name, inputs } = job;
  const { run, posted, failureExpected } = await runScenario({ scenario: name, inputs, speed, ...shared });
  const end = endOf(run);
  print(`${name}, ${job.name}: ${end}`);
  const base = `${name}-${job.name}`;
  const summary = { file: `${base}.html`, name: job.name, end, headline: firstHeadline(run.summary), isSurprise: (run.exitCode !== 0) !== failureExpected };
  await writeFile(join(directory, summary.file), renderPage(`${name}, ${job.name}`, run.summary));
  const others = await Promise.all(
    posted.map(async ({ name: place, title, markdown }) => {
      const page = { file: `${base}-${place}.html`, name: title, end: "", headline: firstHeadline(markdown), isSurprise: false };
      await writeFile(join(directory, page.file), renderPage(title, markdown));
      return page;
    }),
  );
  return [summary, ...others];
}

async function fleetPages({ directory, speed, print }: GalleryOptions, certificates: ReturnType<typeof createCertificates>): Promise<GalleryPage[]> {
  using folder = temporaryFolder();
  const pages: GalleryPage[] = [];
  await runFleetNights({ directory: folder.path, clusters: FLEET_CLUSTERS, speed, print: () => undefined, certificates }, async ({ name, flow, asExpected }) => {
    const runs = { discover: flow.discovery, "fleet-summary": flow.summary };
    for (const [action, run] of Object.entries(runs)) {
      const file = `${FLEET}-${name}-${action}.html`;
      await writeFile(join(directory, file), renderPage(`${action}, ${name} night`, run.summary));
      pages.push({ file, name: `${action}, ${name} night`, end: endOf(run), headline: firstHeadline(run.summary), isSurprise: !asExpected });
    }
    print(`fleet, ${name} night: ${endOf(flow.summary)}`);
  });
  return pages;
}

function endOf({ outputs, exitCode, signal }: ActionRun): string {
  const status = outputs["status"] ?? "";
  return [...(status === "" ? [] : [status]), signal === null ? `exit code ${exitCode ?? "none"}` : `signal ${signal}`].join(", ");
}
