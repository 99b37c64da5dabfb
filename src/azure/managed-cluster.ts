/** The managed cluster: read raw, written whole, once. */
import { isUtf8 } from "node:buffer";
import { MECHANISM_PATH } from "../contract.ts";
import { ActionError, type Right, ServiceError } from "../lib/errors.ts";
import { remedyFor, rowFor } from "../lib/error-table.ts";
import { type HttpAnswer, retryAfter } from "../lib/http.ts";
import { retryWhileRolePropagates } from "../lib/role-propagation.ts";
import type { RunContext } from "../lib/run-context.ts";
import { type Json, parseCluster, type PutBody, putBody } from "./put-body.ts";
import type { ArmRequest, ArmClient } from "./arm-client.ts";

/** The first stable api-version that has the redirection mechanism; older ones hide it. */
const STABLE_API = "2026-01-01";
/** The first that has it at all, for clouds that do not offer the stable one yet. */
const PREVIEW_API = "2025-08-02-preview";

const READ_CLUSTER: Right = { action: "Microsoft.ContainerService/managedClusters/read", scope: "the cluster", role: "Reader" };
const WRITE_CLUSTER: Right = {
  action: "Microsoft.ContainerService/managedClusters/write",
  scope: "the cluster",
  role: "Azure Kubernetes Service Contributor Role",
};
const READ_USER_CREDENTIAL: Right = {
  action: "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
  scope: "the cluster",
  role: "Azure Kubernetes Service Cluster User Role",
};

/** The address of a cluster. */
export interface ClusterAddress {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** A cluster as it was read: the whole body, and its tag. */
export interface ClusterReading {
  readonly body: Json;
  /** Undefined where the body has none: then the PUT goes without If-Match. */
  readonly eTag: string | undefined;
}

/** Azure has taken the PUT. */
export interface Accepted {
  readonly kind: "accepted";
  readonly operationUrl: string | undefined;
  /** The answer itself says that all is done. */
  readonly isOver: boolean;
}

/** What became of a PUT. */
export type PutOutcome =
  | Accepted
  /** 409 or 412: read again, decide again. */
  | { readonly kind: "conflict"; readonly error: ServiceError }
  /** The preview flag is missing, or has not arrived everywhere yet. */
  | { readonly kind: "feature-gate"; readonly error: ServiceError }
  /** A role is missing, or has not arrived yet. */
  | { readonly kind: "not-authorized"; readonly error: ServiceError }
  /** Nobody knows whether Azure took it: read again, decide again. */
  | { readonly kind: "unknown"; readonly error: ServiceError };

/** A long-running operation as Azure shows it. */
export interface OperationReading {
  /** Free text while it runs; then Succeeded, Failed or Canceled. */
  readonly status: string;
  /** Code and message of its error; even a Succeeded operation may carry one. */
  readonly error: string;
  /** The pause that Azure asks for; the recorded operations never do. */
  readonly retryAfterMs?: number | undefined;
}

/** One managed cluster. */
export class ManagedCluster {
  readonly address: ClusterAddress;
  readonly #arm: ArmClient;
  readonly #context: RunContext;
  #apiVersion = STABLE_API;

  constructor(arm: ArmClient, address: ClusterAddress, context: RunContext) {
    this.#arm = arm;
    this.address = address;
    this.#context = context;
  }

  /** @throws ServiceError where it cannot be read, or is not a managed cluster */
  async read(): Promise<ClusterReading> {
    const doing = `reading the cluster ${this.address.name}`;
    let answer: HttpAnswer;
    try {
      answer = await retryWhileRolePropagates(this.#context, () => this.#arm.send({ doing, method: "GET", path: this.#path(""), needs: READ_CLUSTER }));
    } catch (error) {
      if (!(error instanceof ServiceError) || rowFor(error.failure)?.id !== "api-version-unknown" || this.#apiVersion === PREVIEW_API) throw error;
      this.#context.log.info(`this cloud does not know api-version ${this.#apiVersion}: asking with ${PREVIEW_API}`);
      this.#apiVersion = PREVIEW_API;
      return this.read();
    }
    // What is no UTF-8 could not be written back as it was read.
    const body = isUtf8(answer.bytes) ? parseCluster(answer.text) : undefined;
    const type = body?.["type"];
    if (body === undefined || typeof type !== "string" || type.toLowerCase() !== "microsoft.containerservice/managedclusters") {
      const failure = { service: "Resource Manager", doing, status: answer.status, code: "NotAzure", message: "it answered something that is not a managed cluster." } as const;
      throw new ServiceError(failure, remedyFor(failure));
    }
    return { body, eTag: typeof body["eTag"] === "string" ? body["eTag"] : undefined };
  }

  /** The PUT that would give the cluster this mechanism, without sending it. */
  plannedPut(reading: ClusterReading, mechanism: string): PutBody {
    return putBody(reading.body, mechanism);
  }

  /**
   * Writes the cluster back as it was read, with this mechanism. Sent once: never repeated unless Azure said 429, or 401 to a first token.
   *
   * @throws ServiceError for a refusal that no new attempt can change
   */
  async put(reading: ClusterReading, mechanism: string): Promise<PutOutcome> {
    try {
      const answer = await this.#arm.send({
        doing: `switching ${MECHANISM_PATH.at(-1)} of the cluster ${this.address.name} to ${mechanism}`,
        method: "PUT",
        path: this.#path(""),
        body: putBody(reading.body, mechanism).text,
        ...(reading.eTag === undefined ? {} : { headers: { "if-match": reading.eTag } }),
        needs: WRITE_CLUSTER,
      });
      return { kind: "accepted", operationUrl: answer.header("azure-asyncoperation"), isOver: saysSucceeded(answer.text) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const row = rowFor(error.failure);
      if (row?.id === "not-authorized" || row?.id === "linked-not-authorized") return { kind: "not-authorized", error };
      // A lock answers 409 as well; and where a name does not resolve or nobody trusts a certificate, nothing was sent.
      if (row?.permanent === true) throw error;
      if (error.status === 409 || error.status === 412) return { kind: "conflict", error };
      if (row?.id === "feature-gate") return { kind: "feature-gate", error };
      if (error.status === undefined || error.status === 408 || error.status >= 500) return { kind: "unknown", error };
      throw error;
    }
  }

  /**
   * Looks at the operation that a PUT started.
   *
   * @returns undefined where it cannot be looked at, whatever came back: the write was accepted, and the cluster itself can tell
   */
  async readOperation(url: string): Promise<OperationReading | undefined> {
    try {
      const answer = await this.follow(url, { doing: "following the operation" });
      if (answer === undefined) {
        this.#context.log.warning(`the operation's address is not at ${this.#arm.origin}: not followed, the cluster itself will tell`);
        return undefined;
      }
      const operation = readOperation(answer.json());
      if (operation.status !== "") return { ...operation, retryAfterMs: retryAfter((name) => answer.header(name), this.#context.clock.now()) };
      this.#context.log.warning("the operation cannot be followed, so the cluster itself will tell: Resource Manager answered without its status");
      return undefined;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#context.log.warning(`the operation cannot be followed, so the cluster itself will tell: ${error.message}`);
      return undefined;
    }
  }

  /**
   * The kubeconfig of a cluster user, as YAML.
   *
   * @param cluster a private cluster may have a public name as well, which resolves from anywhere: then that is asked for
   */
  async userKubeconfig(cluster: { readonly hasPublicName: boolean; readonly isPrivate: boolean }): Promise<string> {
    const doing = `fetching the user credentials of the cluster ${this.address.name}`;
    const query = cluster.isPrivate && cluster.hasPublicName ? "&server-fqdn=public" : "";
    const answer = await this.#arm.send({
      doing,
      method: "POST",
      path: `${this.#path("/listClusterUserCredential")}&format=exec${query}`,
      needs: READ_USER_CREDENTIAL,
      resendable: true,
    });
    const value = firstKubeconfig(answer.json());
    if (value === undefined) {
      throw new ActionError({
        code: "NoKubeconfig",
        doing,
        message: "Resource Manager answered without a kubeconfig.",
        remedy: "Check that the cluster is running and that its API server is enabled.",
      });
    }
    return Buffer.from(value, "base64").toString("utf8");
  }

  /**
   * Asks the cluster to do something that is not its PUT, such as `runCommand`. Sent once, unless Azure says 429, or 401 to a first token.
   *
   * @throws ServiceError for any answer outside 2xx
   */
  act(action: string, request: Pick<ArmRequest, "doing" | "body" | "needs">): Promise<HttpAnswer> {
    return this.#arm.send({ ...request, method: "POST", path: this.#path(`/${action}`) });
  }

  /**
   * Reads an address that Resource Manager has given out.
   *
   * @returns undefined where the address is not Resource Manager's own: tokens go nowhere else
   * @throws ServiceError for any answer outside 2xx
   */
  async follow(url: string, request: Pick<ArmRequest, "doing" | "needs">): Promise<HttpAnswer | undefined> {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.origin !== this.#arm.origin) return undefined;
    return this.#arm.send({ ...request, method: "GET", path: `${parsed.pathname}${parsed.search}` });
  }

  #path(suffix: string): string {
    const { subscriptionId, resourceGroup, name } = this.address;
    const group = encodeURIComponent(resourceGroup);
    return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${encodeURIComponent(name)}${suffix}?api-version=${this.#apiVersion}`;
  }
}

/** Whether a cluster's body says that nothing is going on: for a PUT without an operation, that is its end. */
function saysSucceeded(text: string): boolean {
  const state = asJson(parseCluster(text)?.["properties"])["provisioningState"];
  return typeof state === "string" && state.toLowerCase() === "succeeded";
}

/** How an operation with this status ended; undefined while it goes on, whatever free text says so. */
export function endOf(status: string): "succeeded" | "failed" | "canceled" | undefined {
  const word = status.toLowerCase();
  return word === "succeeded" || word === "failed" || word === "canceled" ? word : undefined;
}

/** The shape of an operation's body, whatever its status word. Exported for the recordings. */
export function readOperation(body: unknown): OperationReading {
  const operation = asJson(body);
  const error = asJson(operation["error"]);
  const status = operation["status"];
  const words = [error["code"], error["message"]].filter((word) => typeof word === "string" && word !== "");
  return { status: typeof status === "string" ? status : "", error: words.join(": ") };
}

function firstKubeconfig(body: unknown): string | undefined {
  const list = asJson(body)["kubeconfigs"];
  const value = Array.isArray(list) ? asJson(list[0])["value"] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
