/** Errors of Resource Manager about the subscription, and about what is allowed in it. */
import { AZURE, type ErrorRow } from "./row.ts";

export const SUBSCRIPTION_ROWS: readonly ErrorRow[] = [
  {
    id: "subscription-not-found",
    symptom: "SubscriptionNotFound, InvalidSubscriptionId",
    services: AZURE,
    pattern: /^(?:SubscriptionNotFound|InvalidSubscriptionId)\b/,
    remedy: "Check subscription-id, and that azure-environment names its cloud. Azure also reports a subscription as not found if the identity has no access to it. What an identity sees:\naz account list --all --output table",
    permanent: true,
  },
  {
    id: "subscription-disabled",
    symptom: "ReadOnlyDisabledSubscription, SubscriptionDisabled: the subscription is disabled",
    services: AZURE,
    pattern: /(?:ReadOnly)?DisabledSubscription|SubscriptionDisabled|subscription[^.]*\bis (?:disabled|suspended|in a disabled state)/i,
    remedy:
      "The subscription is disabled, so nothing in it can be changed. Its owner can enable it again in the Azure portal under Cost Management + Billing: usually the spending limit was reached or a payment is due.",
    permanent: true,
  },
  {
    id: "provider-not-registered",
    symptom: "MissingSubscriptionRegistration: the resource provider is not registered in the subscription",
    services: AZURE,
    pattern: /\b(?:MissingSubscriptionRegistration|SubscriptionNotRegistered)\b/,
    remedy:
      "Register the resource provider, then run again:\naz provider register --namespace Microsoft.ContainerService --subscription SUBSCRIPTION --wait",
    permanent: true,
  },
  {
    id: "resource-group-not-found",
    symptom: "ResourceGroupNotFound",
    services: AZURE,
    pattern: /^ResourceGroupNotFound\b/,
    remedy: "Check resource-group and subscription-id. The clusters of the subscription, with their resource groups:\naz aks list --subscription SUBSCRIPTION --output table",
    permanent: true,
  },
  {
    id: "cluster-not-found",
    symptom: "ResourceNotFound, NotFound: the cluster does not exist",
    services: AZURE,
    statuses: [404],
    pattern: /^(?:ResourceNotFound|NotFound)\b/,
    remedy: "Check cluster, resource-group and subscription-id. The clusters of the subscription, with their resource groups:\naz aks list --subscription SUBSCRIPTION --output table",
    permanent: true,
  },
  {
    id: "refused-by-policy",
    symptom: "RequestDisallowedByPolicy, ScopeLocked: a policy or a lock prevents the change",
    services: AZURE,
    pattern: /^(?:RequestDisallowedByPolicy|ScopeLocked)\b/,
    remedy: "An Azure Policy or a lock prevents changes to the cluster. The message names it. Remove it, or exempt the cluster. The locks:\naz lock list --resource-group GROUP --subscription SUBSCRIPTION --output table",
    permanent: true,
  },
  {
    id: "deny-assignment",
    symptom: "DenyAssignmentAuthorizationFailed: a deny assignment prevents the change",
    services: AZURE,
    statuses: [403],
    pattern: /\bDenyAssignmentAuthorizationFailed\b/,
    remedy:
      "A deny assignment, such as that of a managed application or a deployment stack, prevents the change. No role lifts it: change the cluster through what owns it, or exclude this identity there.",
    permanent: true,
  },
];
