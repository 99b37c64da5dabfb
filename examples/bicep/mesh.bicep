// An AKS Automatic cluster with the mesh and CNI chaining, to copy from. An api-version before 2026-01-01 does not have the property.
// A deployment sees what Azure answers, not what is in the cluster: run the action's mode apply, or check, after it.

param name string = 'aks-automatic'
param location string = resourceGroup().location

@description('Revision of the mesh, asm-1-25 or later: az aks mesh get-revisions --location LOCATION lists those that AKS supports.')
param revision string = 'asm-1-30'

resource cluster 'Microsoft.ContainerService/managedClusters@2026-01-01' = {
  name: name
  location: location
  sku: {
    name: 'Automatic'
    tier: 'Standard'
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        count: 3
      }
    ]
    serviceMeshProfile: {
      mode: 'Istio'
      istio: {
        revisions: [revision]
        components: {
          proxyRedirectionMechanism: 'CNIChaining'
        }
      }
    }
  }
}
