# The identities of the workflows, without secrets: one that only reads, and one that writes.

locals {
  identities = { for purpose, subjects in { check = var.check_subjects, apply = var.apply_subjects } : purpose => subjects if length(subjects) > 0 }

  credentials = merge([
    for purpose, subjects in local.identities : {
      for name, subject in subjects : "${purpose}-${name}" => { purpose = purpose, subject = subject }
    }
  ]...)
}

resource "azurerm_user_assigned_identity" "istio_cni" {
  for_each = local.identities

  name                = "istio-cni-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
}

# With version 4 of the provider: parent_id instead of user_assigned_identity_id, and resource_group_name in addition.
resource "azurerm_federated_identity_credential" "github" {
  for_each = local.credentials

  name                      = each.key
  user_assigned_identity_id = azurerm_user_assigned_identity.istio_cni[each.value.purpose].id
  issuer                    = "https://token.actions.githubusercontent.com"
  audience                  = ["api://AzureADTokenExchange"]
  subject                   = each.value.subject
}
