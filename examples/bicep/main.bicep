// The identities of the workflows, without secrets, and their roles on clusters:
// az deployment sub create --location LOCATION --template-file main.bicep --parameters resourceGroupName=GROUP …
targetScope = 'subscription'

@description('Resource group of the identities. It must exist.')
param resourceGroupName string

@description('Region of the identities.')
param location string = deployment().location

@description('Subjects of the workflows that only read, by a name for the credential. Each exactly as GitHub sends it: it is case-sensitive.')
param checkSubjects object = {
  'production-readonly': 'repo:ORG/REPO:environment:production-readonly'
}

@description('Subjects of the workflows that may write, best of an environment with required reviewers. Empty for check only.')
param applySubjects object = {}

@description('Resource IDs of the clusters of this subscription that are checked and, with applySubjects, switched.')
param clusterIds string[] = []

@description('Whether the identity that writes may register the preview feature, for a subscription that still needs it.')
param registerFeature bool = false

// The roles of docs/roles, which a test compares. Each says itself what it is for.
resource checkRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'Istio CNI Check')
  properties: {
    roleName: 'Istio CNI Check'
    description: 'Reads an AKS cluster and what its managed Istio mesh needs inside it. Changes nothing. For mode check, mode plan, and discover.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
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

resource applyRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'Istio CNI Apply')
  properties: {
    roleName: 'Istio CNI Apply'
    description: 'Switches the redirection mechanism of an AKS cluster\'s managed Istio mesh, and reads what proves it. For modes apply and disable, where the preview feature is registered or no longer needed.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.ContainerService/managedClusters/read'
          'Microsoft.ContainerService/managedClusters/write'
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

resource registerFeatureRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'Istio CNI Feature')
  properties: {
    roleName: 'Istio CNI Feature'
    description: 'Registers the preview feature of CNI chaining. For mode apply in a subscription where the feature is still needed and not registered; assigned at the subscription.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.Features/providers/features/register/action'
          'Microsoft.ContainerService/register/action'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

module checkIdentity 'identity.bicep' = {
  name: 'istio-cni-check'
  scope: resourceGroup(resourceGroupName)
  params: {
    name: 'istio-cni-check'
    location: location
    subjects: checkSubjects
  }
}

module applyIdentity 'identity.bicep' = if (!empty(applySubjects)) {
  name: 'istio-cni-apply'
  scope: resourceGroup(resourceGroupName)
  params: {
    name: 'istio-cni-apply'
    location: location
    subjects: applySubjects
  }
}

module checkAssignments 'assignment.bicep' = [for (id, index) in clusterIds: {
  name: 'istio-cni-check-${index}'
  scope: resourceGroup(split(id, '/')[4])
  params: {
    clusterName: last(split(id, '/'))
    roleDefinitionId: checkRole.id
    principalId: checkIdentity.outputs.principalId
  }
}]

module applyAssignments 'assignment.bicep' = [for (id, index) in clusterIds: if (!empty(applySubjects)) {
  name: 'istio-cni-apply-${index}'
  scope: resourceGroup(split(id, '/')[4])
  params: {
    clusterName: last(split(id, '/'))
    roleDefinitionId: applyRole.id
    principalId: applyIdentity.?outputs.principalId ?? ''
  }
}]

resource registerFeatureAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (registerFeature && !empty(applySubjects)) {
  name: guid(subscription().id, resourceGroupName, 'istio-cni-register-feature')
  properties: {
    roleDefinitionId: registerFeatureRole.id
    principalId: applyIdentity.?outputs.principalId ?? ''
    principalType: 'ServicePrincipal'
  }
}

@description('The variable AZURE_READER_CLIENT_ID of the repository, or AZURE_CLIENT_ID where nothing is switched.')
output checkClientId string = checkIdentity.outputs.clientId

@description('The variable AZURE_CLIENT_ID of the repository; empty for check only.')
output applyClientId string = applyIdentity.?outputs.clientId ?? ''

@description('The variable AZURE_TENANT_ID of the repository.')
output tenantId string = tenant().tenantId
