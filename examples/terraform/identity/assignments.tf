# Where the roles apply: on clusters, or on each subscription of a fleet.

data "azurerm_management_group" "fleet" {
  count = var.management_group_id == null ? 0 : 1

  name = element(split("/", var.management_group_id), -1)
}

locals {
  fleet_subscriptions = flatten(data.azurerm_management_group.fleet[*].all_subscription_ids)
  fleet_scopes        = [for id in local.fleet_subscriptions : startswith(id, "/subscriptions/") ? id : "/subscriptions/${id}"]
}

resource "azurerm_role_assignment" "check" {
  for_each = setunion(var.cluster_ids, local.fleet_scopes)

  scope              = each.value
  role_definition_id = azurerm_role_definition.check.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.istio_cni["check"].principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "apply" {
  for_each = length(var.apply_subjects) == 0 ? [] : var.cluster_ids

  scope              = each.value
  role_definition_id = azurerm_role_definition.apply.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.istio_cni["apply"].principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "register_feature" {
  count = var.register_feature && length(var.apply_subjects) > 0 ? 1 : 0

  scope              = "/subscriptions/${var.subscription_id}"
  role_definition_id = azurerm_role_definition.register_feature.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.istio_cni["apply"].principal_id
  principal_type     = "ServicePrincipal"
}
