/** The credentials of `@azure/identity` that a run can use. Imported lazily: the bundle holds only these, and loads them at sign-in. */
export { AzureCliCredential, ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
