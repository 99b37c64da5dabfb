/** Of `@azure/identity` what a run may need. A file of its own, so that the bundle has only these, and runs them only at sign-in. */
export { AzureCliCredential, ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
