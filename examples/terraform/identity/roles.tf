# The roles of docs/roles, which a test compares. Each says itself what it is for.

locals {
  # A role with data actions can be assigned at subscriptions and below, never at a management group. With a management group as the
  # assignable scope, one definition serves all subscriptions below it.
  assignable_scope = var.management_group_id == null ? "/subscriptions/${var.subscription_id}" : var.management_group_id
}

resource "azurerm_role_definition" "check" {
  name              = "Istio CNI Check"
  description       = "Reads an AKS cluster and what its managed Istio mesh needs inside it. Changes nothing. For mode check, mode plan, and discover."
  scope             = local.assignable_scope
  assignable_scopes = [local.assignable_scope]

  permissions {
    actions = [
      "Microsoft.ContainerService/managedClusters/read",
      "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
    ]
    data_actions = [
      "Microsoft.ContainerService/managedClusters/apps/daemonsets/read",
      "Microsoft.ContainerService/managedClusters/apps/replicasets/read",
      "Microsoft.ContainerService/managedClusters/apps/statefulsets/read",
      "Microsoft.ContainerService/managedClusters/batch/jobs/read",
      "Microsoft.ContainerService/managedClusters/configmaps/read",
      "Microsoft.ContainerService/managedClusters/events/read",
      "Microsoft.ContainerService/managedClusters/namespaces/read",
      "Microsoft.ContainerService/managedClusters/pods/read",
    ]
  }
}

resource "azurerm_role_definition" "apply" {
  name              = "Istio CNI Apply"
  description       = "Switches the redirection mechanism of an AKS cluster's managed Istio mesh, and reads what proves it. For modes apply and disable, where the preview feature is registered or no longer needed."
  scope             = local.assignable_scope
  assignable_scopes = [local.assignable_scope]

  permissions {
    actions = [
      "Microsoft.ContainerService/managedClusters/read",
      "Microsoft.ContainerService/managedClusters/write",
      "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
    ]
    data_actions = [
      "Microsoft.ContainerService/managedClusters/apps/daemonsets/read",
      "Microsoft.ContainerService/managedClusters/apps/replicasets/read",
      "Microsoft.ContainerService/managedClusters/apps/statefulsets/read",
      "Microsoft.ContainerService/managedClusters/batch/jobs/read",
      "Microsoft.ContainerService/managedClusters/configmaps/read",
      "Microsoft.ContainerService/managedClusters/events/read",
      "Microsoft.ContainerService/managedClusters/namespaces/read",
      "Microsoft.ContainerService/managedClusters/pods/read",
    ]
  }
}

resource "azurerm_role_definition" "register_feature" {
  name              = "Istio CNI Feature"
  description       = "Registers the preview feature of CNI chaining. For mode apply in a subscription where the feature is still needed and not registered; assigned at the subscription."
  scope             = local.assignable_scope
  assignable_scopes = [local.assignable_scope]

  permissions {
    actions = [
      "Microsoft.Features/providers/features/register/action",
      "Microsoft.ContainerService/register/action",
    ]
    data_actions = []
  }
}
