/** discover: reads the inputs, signs in, lists the clusters, and publishes the matrix, outputs and job summary. */
import { ArmClient } from "../../azure/arm-client.ts";
import { signIn } from "../../azure/connect.ts";
import { annotate, publishFailure, setActionOutputs } from "../../github/publish.ts";
import { writeSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { writeJson } from "../../github/report-file.ts";
import { githubRunner, runContext, type Runner } from "../../github/runner.ts";
import { count, number } from "../../lib/plural.ts";
import { endAtDeadline } from "../../lib/run-context.ts";
import { credentialSources } from "../credential-sources.ts";
import { type DiscoverConfig, readDiscoverInputs } from "./inputs.ts";
import { type ClusterList, listClusters } from "./list-clusters.ts";
import { batchesOf, clusterFile, matrixOf, sliceOf } from "./matrix.ts";
import { renderDiscovery } from "./summary.ts";

/** Characters. The outputs of a job hold at most 1 MB together; the other outputs need some of it. */
const OUTPUT_LIMIT = 900_000;

/** Runs discover, by default in the environment of the runner. @returns the exit code of the step */
export async function main(runner: Runner = githubRunner()): Promise<0 | 1> {
  const over = new AbortController();
  try {
    return await run(runner, over.signal);
  } catch (error) {
    return await publishFailure("Discovery", error, runner.log);
  } finally {
    over.abort();
  }
}

async function run(runner: Runner, over: AbortSignal): Promise<0 | 1> {
  const { log } = runner;
  log.phase("Inputs");
  const config = readDiscoverInputs(runner.inputs);
  const context = runContext(runner, { startedAt: runner.clock.now(), timeoutMs: config.timeoutMs, pollIntervalMs: 10_000, waitsForRoles: false });
  endAtDeadline(context, runner.stop, over);

  log.phase("Sign in");
  const { cloud, identity } = await signIn(config.azureEnvironment, credentialSources(config, runner), context);

  log.phase("List");
  const arm = new ArmClient(cloud, identity.credential, context);
  const inventory = await listClusters(arm, config, context);
  log.info(`${number(inventory.clusters.length)} of ${number(inventory.seen)} clusters match the filters; ${context.requests.arm} requests, ${context.requests.retried} of them retries`);

  log.phase("Result");
  const exitCode = await publish(config, inventory, log);
  log.end();
  return exitCode;
}

async function publish(config: DiscoverConfig, inventory: ClusterList, log: RunnerLog): Promise<0 | 1> {
  const { clusters: all, gaps } = inventory;
  const clusters = config.batch === undefined ? all : sliceOf(all, config.batch, config.batchSize);
  const batches = batchesOf(all, config.batchSize);
  const environment = String(config.azureEnvironment);
  const path = await writeJson(config.clustersPath, clusterFile(inventory, environment));
  log.info(`list of all clusters: ${path}`);
  const expectedPath = config.batch === undefined ? path : await writeJson(batchPath(path, config.batch), clusterFile(inventory, environment, { number: config.batch, clusters }));

  const matrix = JSON.stringify(matrixOf(clusters, all));
  const fits = matrix.length <= OUTPUT_LIMIT;
  await setActionOutputs({
    matrix: fits ? matrix : "",
    count: String(clusters.length),
    total: String(all.length),
    batches: JSON.stringify(batches),
    "batch-count": String(batches.include.length),
    complete: String(gaps.length === 0),
    "clusters-path": path,
    "expected-path": expectedPath,
  });
  if (!(await writeSummary(renderDiscovery({ config, inventory, clusters, batches: batches.include.length })))) log.warning("the job summary could not be written");

  if (config.batch === undefined && batches.include.length > 1) {
    const why = fits ? "" : " The output matrix is empty, because the list is larger than a job output may be.";
    annotate("warning", "More clusters than one matrix may have", `${number(all.length)} clusters make ${number(batches.include.length)} batches of at most ${config.batchSize}: use the outputs batches and the input batch.${why}`);
  }
  if (all.length > 0 && config.batch !== undefined && config.batch > batches.include.length) {
    annotate("warning", "Empty batch", `There is no batch ${number(config.batch)}: ${number(all.length)} clusters make ${number(batches.include.length)}.`);
  }
  const forGaps = gaps.length === 0 ? 0 : publishGaps(config, inventory);
  // A list that is empty because nothing could be listed has failed already.
  const isEmpty = all.length === 0 && (gaps.length === 0 || inventory.seen > 0);
  const forEmptiness = isEmpty ? publishEmptyList(config, inventory) : 0;
  return forGaps === 1 || forEmptiness === 1 ? 1 : 0;
}

/** Path of the file of a batch, beside the file with all clusters: `clusters.json`, `clusters-batch-2.json`. */
function batchPath(clustersPath: string, batch: number): string {
  return clustersPath.replace(/(?:\.json)?$/i, `-batch-${batch}.json`);
}

/** An empty list fails the step unless allow-empty is set: a check that runs every night must not succeed because it lost sight of everything. */
function publishEmptyList({ allowEmpty }: DiscoverConfig, { seen, subscriptions }: ClusterList): 0 | 1 {
  const why =
    subscriptions.length === 0
      ? "The identity sees no subscription: it has no role in any."
      : seen === 0
        ? `There is no cluster in ${count(subscriptions.length, "subscription")}.`
        : `None of ${count(seen, "cluster")} in ${count(subscriptions.length, "subscription")} matches the filters. See the job summary for the filters.`;
  annotate(allowEmpty ? "warning" : "error", "No cluster found", `${why} No cluster is checked.${allowEmpty ? "" : " Set allow-empty: true if that is intended."}`);
  return allowEmpty ? 0 : 1;
}

/** A list with gaps fails the step unless allow-partial is set, because nothing checks the clusters it lacks. An empty list always fails. */
function publishGaps({ allowPartial }: DiscoverConfig, { gaps, subscriptions, seen }: ClusterList): 0 | 1 {
  const missing = [...new Set(gaps.map(({ subscriptionId }) => subscriptionId))];
  const first = gaps.slice(0, 3).map(({ subscriptionId, reason, remedy }) => `${subscriptionId}: ${reason} ${remedy}`);
  const mayContinue = allowPartial && seen > 0;
  annotate(
    mayContinue ? "warning" : "error",
    `The list of clusters has gaps: ${missing.length} of ${subscriptions.length} subscriptions`,
    `${first.join(" ")}${gaps.length > first.length ? ` And ${gaps.length - first.length} more: see the job summary.` : ""}${allowPartial ? "" : " Set allow-partial: true to continue without them."}`,
  );
  return mayContinue ? 0 : 1;
}
