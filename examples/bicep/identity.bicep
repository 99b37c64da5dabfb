// A user-assigned identity that workflows sign in to with GitHub's OIDC token.

param name string
param location string

@description('Subjects by a name for the credential.')
param subjects object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
}

// One at a time: Azure refuses concurrent writes of credentials of one identity.
@batchSize(1)
resource credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = [for subject in items(subjects): {
  parent: identity
  name: subject.key
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    audiences: ['api://AzureADTokenExchange']
    subject: subject.value
  }
}]

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
