// The role for the check of a fleet, on each subscription of a management group:
// az deployment mg create --management-group-id GROUP --location LOCATION --template-file fleet.bicep --parameters principalId=ID …
targetScope = 'managementGroup'

@description('Object ID of the identity that checks: the principal of identity.bicep.')
param principalId string

@description('IDs of the subscriptions below the management group. A role with data actions cannot be assigned at the management group itself.')
param subscriptionIds string[]

// The role of docs/roles/check.json, which a test compares. Names of roles are unique in a tenant: where main.bicep has made it already,
// give this one another name.
resource checkRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, 'Istio CNI Check')
  properties: {
    roleName: 'Istio CNI Check'
    description: 'Reads an AKS cluster and what its managed Istio mesh needs inside it. Changes nothing. For mode check, mode plan, and discover.'
    type: 'CustomRole'
    assignableScopes: [managementGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.ContainerService/managedClusters/read'
          'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action'
        ]
        notActions: []
        dataActions: [
          'Microsoft.ContainerService/managedClusters/apps/daemonsets/read'
          'Microsoft.ContainerService/managedClusters/apps/replicasets/read'
          'Microsoft.ContainerService/managedClusters/apps/statefulsets/read'
          'Microsoft.ContainerService/managedClusters/batch/jobs/read'
          'Microsoft.ContainerService/managedClusters/configmaps/read'
          'Microsoft.ContainerService/managedClusters/events/read'
          'Microsoft.ContainerService/managedClusters/namespaces/read'
          'Microsoft.ContainerService/managedClusters/pods/read'
        ]
        notDataActions: []
      }
    ]
  }
}

module assignments 'subscription-assignment.bicep' = [for id in subscriptionIds: {
  name: 'istio-cni-check-${id}'
  scope: subscription(id)
  params: {
    roleDefinitionId: checkRole.id
    principalId: principalId
  }
}]
