# A cluster of azurerm's other resource: it has no argument for the redirection mechanism, so a second resource sets it.

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-base"
  resource_group_name = var.resource_group_name
  location            = var.location
  dns_prefix          = "aks-base"

  default_node_pool {
    name       = "system"
    node_count = 3
    vm_size    = "Standard_D4ds_v5"
  }

  identity {
    type = "SystemAssigned"
  }

  service_mesh_profile {
    mode      = "Istio"
    revisions = [var.revision]
  }
}

resource "azapi_update_resource" "redirection" {
  type        = "Microsoft.ContainerService/managedClusters@2026-01-01"
  resource_id = azurerm_kubernetes_cluster.this.id

  body = {
    properties = {
      serviceMeshProfile = {
        mode = "Istio"
        istio = {
          components = {
            proxyRedirectionMechanism = "CNIChaining"
          }
        }
      }
    }
  }

  # A write of azurerm may put init containers back, after this resource was compared with Azure. So each change of the cluster is
  # followed by this one. Replacing it writes again; destroying it does nothing.
  lifecycle {
    replace_triggered_by = [azurerm_kubernetes_cluster.this]
  }
}
