# An AKS Automatic cluster of azurerm: say CNIChaining, because the provider's default is InitContainers, which Automatic refuses.

resource "azurerm_kubernetes_automatic_cluster" "this" {
  name                = "aks-automatic"
  resource_group_name = var.resource_group_name
  location            = var.location

  identity {
    type = "SystemAssigned"
  }

  service_mesh {
    revisions                = [var.revision]
    proxy_redirect_mechanism = "CNIChaining"
  }
}
