/** Errors that only their status, or an api-version in them, tells apart: after all others. */
import { ANY, AZURE, type ErrorRow, ON_CLUSTER } from "./row.ts";

const ACTIVITY_LOG = "az monitor activity-log list --resource-id CLUSTER_ID --offset 1d --output table";

export const STATUS_ROWS: readonly ErrorRow[] = [
  {
    id: "not-authorized",
    symptom: "AuthorizationFailed, Forbidden: the identity lacks a role",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [403],
    pattern: /./,
    remedy: "Grant the identity the missing right. A new role assignment can take several minutes to take effect.",
    permanent: true,
  },
  {
    id: "token-refused",
    symptom: "401: the token was refused",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [401],
    pattern: /./,
    remedy: "The identity signed in, but its token was refused. Check that the identity belongs to the tenant of the subscription or cluster.",
    permanent: true,
  },
  {
    id: "precondition-failed",
    symptom: "412: the cluster changed between reading and writing",
    services: AZURE,
    statuses: [412],
    pattern: /./,
    remedy:
      `Another client keeps changing the cluster. Run again after it has ended. The activity log shows what it is and since when. If it does not end, abort it:\n${ACTIVITY_LOG}\naz aks operation-abort ${ON_CLUSTER}`,
    permanent: false,
  },
  {
    id: "another-operation",
    symptom: "409 OperationNotAllowed, EtagMismatch: another operation is in progress",
    services: AZURE,
    statuses: [409],
    pattern: /./,
    remedy:
      `Another operation is in progress. Run again after it has ended. The activity log shows what it is and since when. If it does not end, abort it:\n${ACTIVITY_LOG}\naz aks operation-abort ${ON_CLUSTER}`,
    permanent: false,
  },
  {
    id: "throttled",
    symptom: "429: too many requests",
    services: ANY,
    statuses: [429],
    pattern: /./,
    remedy: "The service received too many requests. Run again later, or with fewer runs at the same time.",
    permanent: false,
  },
  {
    id: "api-version-unknown",
    symptom: "InvalidApiVersionParameter, NoRegisteredProviderFound, InvalidResourceType: an api-version that this cloud does not know",
    services: AZURE,
    pattern: /^(?:InvalidApiVersionParameter|NoRegisteredProviderFound|InvalidResourceType|UnsupportedApiVersion)\b/,
    remedy:
      "This cloud knows none of the api-versions that this version of the action uses. Use a newer version of the action: previews are retired about a year after they came. If there is none, the cloud does not offer CNI chaining for the managed mesh yet.",
    permanent: true,
  },
  {
    id: "service-trouble",
    symptom: "500, 502, 503, 504: the service failed",
    services: ANY,
    statuses: [500, 502, 503, 504],
    pattern: /./,
    remedy: "The service failed repeatedly. Check https://azure.status.microsoft, and run again later.",
    permanent: false,
  },
  {
    id: "nothing-but-a-status",
    symptom: "HTTP400 and similar codes: a refusal with only a status",
    services: ANY,
    pattern: /^HTTP\d{3}\b/,
    remedy:
      "The refusal has no reason. The service sent it, or a gateway or proxy in between. 413: the request is too long; name fewer namespaces. Otherwise run again. If the error persists, look up the correlation ID in the cluster's activity log.",
    permanent: false,
  },
];
