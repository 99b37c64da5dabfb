/** What the activity log knows of requests that changed something. Times are simulated milliseconds since the epoch. */

/** Who sent a request. */
export interface Caller {
  /** A user's UPN, or an application's object ID. */
  readonly caller: string;
  readonly applicationId: string;
  /** A user's display name; applications have none. */
  readonly name?: string;
  /** The resource ID of a managed identity, in the claim `xms_mirid` of its tokens. Others have none. */
  readonly managedIdentity?: string;
}

/** A change, as far as the activity log tells of it. */
export interface Change {
  readonly by: Caller;
  /** The name of the operation: `Microsoft.ContainerService/managedClusters/write`. */
  readonly operation: string;
  readonly method: string;
  readonly resourceId: string;
  readonly correlationId: string;
}

/** One event of the activity log. */
export interface ActivityEvent {
  readonly at: number;
  readonly change: Change;
  readonly status: "Started" | "Succeeded" | "Failed";
  /** The HTTP status of the answer, where the event is about one. */
  readonly httpStatus?: number;
}
