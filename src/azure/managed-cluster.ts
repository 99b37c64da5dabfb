/** The managed cluster. Its own GET and PUT are raw JSON: see docs/adr/0001-raw-json-through-the-sdk-pipeline.md. */
import { isUtf8 } from "node:buffer";
import { listClusterUserCredentials } from "@azure/arm-containerservice/api/managedClusters";
import { MECHANISM_PATH } from "../contract.ts";
import { ActionError, type Right, ServiceError } from "../lib/errors.ts";
import { ON_CLUSTER } from "../lib/error-rows/row.ts";
import { rowFor } from "../lib/error-table.ts";
import type { HttpAnswer } from "../lib/http/http-sender.ts";
import { textAt } from "../lib/json.ts";
import { retryWhileRolePropagates } from "../lib/role-propagation.ts";
import type { RunContext } from "../lib/run-context.ts";
import { type ArmClient, type ArmRequest, pathAt, type TypedCall, type TypedResult } from "./arm-client.ts";
import { ApiVersion } from "./api-version.ts";
import { IfMatch } from "./if-match.ts";
import { invalidAnswer } from "./invalid-answer.ts";
import { type OperationReading, readOperation } from "./operation.ts";
import { type Json, parseCluster, type PutBody, putBody } from "./put-body.ts";
import type { ClusterParts } from "./resource-id.ts";
import { type ContainerService, containerService } from "./sdk-clients.ts";
import { retryAfter } from "../lib/http/retry-after.ts";

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

/** What to do about a refusal of the PUT that the error table does not know. */
const REFUSED_AS_READ =
  `Azure refuses the cluster, which the action sends back as it was read. See whether Azure accepts a write without changes. If not, correct what the message names; if so, report it as a bug, with the message.\naz aks update ${ON_CLUSTER}`;

/** What to do about a 412 in both forms of an eTag that the cluster still has. */
const REFUSED_UNCHANGED = "Azure refuses the PUT although the cluster's eTag has not changed since it was read. Run again; if the error persists, report it as a bug, with the log.";

/** A cluster as it was read: the whole body and its eTag. */
export interface ClusterReading {
  readonly body: Json;
  /** Undefined if the body has none: then the PUT has no If-Match. */
  readonly eTag: string | undefined;
}

/** Azure has accepted the PUT. */
export interface Accepted {
  readonly kind: "accepted";
  readonly operationUrl: string | undefined;
  /** The answer's provisioning state is Succeeded already. */
  readonly isOver: boolean;
}

/** The outcome of a PUT. */
export type PutOutcome =
  | Accepted
  /** 409 or 412: read the cluster again before deciding. */
  | { readonly kind: "conflict"; readonly error: ServiceError }
  /** The preview flag is not registered, or its registration has not reached the provider yet. */
  | { readonly kind: "feature-gate"; readonly error: ServiceError }
  /** A role is missing, or its assignment has not taken effect yet. */
  | { readonly kind: "not-authorized"; readonly error: ServiceError }
  /** It is unknown whether Azure accepted the PUT: read the cluster again before deciding. */
  | { readonly kind: "unknown"; readonly error: ServiceError };

/** One managed cluster. */
export class ManagedCluster {
  readonly id: ClusterParts;
  readonly #arm: ArmClient;
  readonly #context: RunContext;
  readonly #apiVersion: ApiVersion;
  readonly #ifMatch = new IfMatch();

  constructor(arm: ArmClient, id: ClusterParts, context: RunContext) {
    this.#arm = arm;
    this.#apiVersion = new ApiVersion(arm, context.log);
    this.id = id;
    this.#context = context;
  }

  /** Reads the cluster. @throws ServiceError if it cannot be read, or if the answer is not a managed cluster */
  async read(): Promise<ClusterReading> {
    const doing = `reading the cluster ${this.id.name}`;
    const answer = await this.#apiVersion.read(this.id.subscriptionId, () =>
      retryWhileRolePropagates(this.#context, () => this.#arm.send({ doing, method: "GET", path: this.#path(""), needs: READ_CLUSTER })),
    );
    // A text that is not UTF-8 could not be written back as it was read.
    const body = isUtf8(answer.bytes) ? parseCluster(answer.text) : undefined;
    if (body === undefined || textAt(body, "type").toLowerCase() !== "microsoft.containerservice/managedclusters") {
      throw invalidAnswer(doing, "it answered something that is not a managed cluster.", answer.status);
    }
    // Bodies of 2024 spell it in lower case.
    const eTag = body["eTag"] ?? body["etag"];
    return { body, eTag: typeof eTag === "string" && eTag !== "" ? eTag : undefined };
  }

  /** The PUT that would set the redirection mechanism. Nothing is sent. */
  plannedPut(reading: ClusterReading, mechanism: string): PutBody {
    return putBody(reading.body, mechanism);
  }

  /**
   * Writes the cluster back as it was read, with this redirection mechanism. The PUT is sent once; it is sent again only after
   * a 429, and after a first 401 with a new token.
   *
   * @throws ServiceError for a refusal that another attempt cannot change
   */
  async put(reading: ClusterReading, mechanism: string): Promise<PutOutcome> {
    const { eTag } = reading;
    try {
      const answer = await this.#arm.send({
        doing: `switching ${MECHANISM_PATH.at(-1)} of the cluster ${this.id.name} to ${mechanism}`,
        method: "PUT",
        path: this.#path(""),
        body: putBody(reading.body, mechanism).text,
        ...(eTag === undefined ? {} : { headers: { "if-match": this.#ifMatch.header(eTag) } }),
        needs: WRITE_CLUSTER,
      });
      if (eTag !== undefined) this.#ifMatch.accepted(eTag);
      return { kind: "accepted", operationUrl: answer.header("azure-asyncoperation"), isOver: saysSucceeded(answer.text) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const row = rowFor(error.failure);
      if (row?.id === "not-authorized" || row?.id === "linked-not-authorized") return { kind: "not-authorized", error };
      // A resource lock answers 409 as well. If a name does not resolve or a certificate is not trusted, nothing was sent.
      if (row?.permanent === true) throw error;
      if (error.status === 412 && eTag !== undefined && this.#ifMatch.refused(eTag)) throw new ServiceError(error.failure, REFUSED_UNCHANGED, error);
      if (error.status === 409 || error.status === 412) return { kind: "conflict", error };
      if (row?.id === "feature-gate") return { kind: "feature-gate", error };
      if (error.status === undefined || error.status === 408 || error.status >= 500) return { kind: "unknown", error };
      throw row === undefined ? new ServiceError(error.failure, REFUSED_AS_READ, error) : error;
    }
  }

  /**
   * Reads the state of the operation that a PUT started.
   *
   * @returns undefined if the operation cannot be read, for whatever reason: the PUT was accepted, and the cluster's own
   * state shows its progress as well
   */
  async readOperation(url: string): Promise<OperationReading | undefined> {
    const path = this.pathOf(url);
    if (path === undefined) {
      this.#context.log.warning(`the operation's address is not at ${this.#arm.origin} and is not followed, so the cluster is read instead`);
      return undefined;
    }
    try {
      const answer = await this.#arm.send({ doing: "following the operation", method: "GET", path });
      const operation = readOperation(answer.json());
      if (operation.status !== "") return { ...operation, retryAfterMs: retryAfter((name) => answer.header(name), this.#context.clock.now()) };
      this.#context.log.warning("the operation cannot be followed, so the cluster is read instead: Resource Manager answered without its status");
      return undefined;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#context.log.warning(`the operation cannot be followed, so the cluster is read instead: ${error.message}`);
      return undefined;
    }
  }

  /**
   * The kubeconfig of a cluster user, as YAML.
   *
   * @param cluster a private cluster can have a public name as well, which resolves everywhere: then the kubeconfig has that name
   */
  async userKubeconfig(cluster: { readonly hasPublicName: boolean; readonly isPrivate: boolean }): Promise<string> {
    const doing = `fetching the user credentials of the cluster ${this.id.name}`;
    const options = { format: "exec", ...(cluster.isPrivate && cluster.hasPublicName ? { serverFqdn: "public" } : {}) };
    const { value } = await this.call({ doing, needs: READ_USER_CREDENTIAL, resendable: true, returns: "user credentials" }, (client, group, name) =>
      listClusterUserCredentials(client, group, name, options),
    );
    const kubeconfig = value.kubeconfigs?.[0]?.value;
    // The SDK decodes base64, and passes on a value that is not a text.
    if (!(kubeconfig instanceof Uint8Array) || kubeconfig.length === 0) {
      throw new ActionError({
        code: "NoKubeconfig",
        doing,
        message: "Resource Manager answered without a kubeconfig.",
        remedy: "Check that the cluster is running and that its API server is enabled.",
      });
    }
    return Buffer.from(kubeconfig).toString("utf8");
  }

  /**
   * Makes a typed call of `@azure/arm-containerservice` for this cluster, with the api-version that the cloud knows.
   *
   * @throws ServiceError as {@link ArmClient.call}
   */
  call<T>(call: TypedCall, operation: (client: ContainerService, resourceGroup: string, name: string) => Promise<T>): Promise<TypedResult<T>> {
    const { subscriptionId, resourceGroup, name } = this.id;
    return this.#arm.call(call, (transport) => operation(containerService(transport, subscriptionId, this.#apiVersion.current), resourceGroup, name));
  }

  /**
   * Posts to an action of the cluster, such as `runCommand`. The POST is sent again only after a 429, and after a first 401
   * with a new token.
   *
   * @throws ServiceError for any answer outside 2xx
   */
  post(action: string, request: Pick<ArmRequest, "doing" | "body" | "needs">): Promise<HttpAnswer> {
    return this.#arm.send({ ...request, method: "POST", path: this.#path(`/${action}`) });
  }

  /** Path and query of a URL that Resource Manager has given; undefined if it is at another origin: tokens are not sent there. */
  pathOf(url: string): string | undefined {
    return pathAt(this.#arm.origin, url);
  }

  #path(suffix: string): string {
    const { subscriptionId, resourceGroup, name } = this.id;
    const group = encodeURIComponent(resourceGroup);
    return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${encodeURIComponent(name)}${suffix}?api-version=${this.#apiVersion.current}`;
  }
}

/** Whether the body of a cluster says that nothing is in progress. A PUT without an operation has then ended. */
function saysSucceeded(text: string): boolean {
  return textAt(parseCluster(text), "properties", "provisioningState").toLowerCase() === "succeeded";
}
