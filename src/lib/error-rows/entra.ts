/** Errors of signing in: Microsoft Entra, the Azure CLI and managed identities. */
import { ENTRA, type ErrorRow } from "./row.ts";

export const ENTRA_ROWS: readonly ErrorRow[] = [
  {
    id: "no-federated-credential",
    symptom: "AADSTS70021, AADSTS700211, AADSTS700212, AADSTS700213, AADSTS7002131, AADSTS7002138: no matching federated identity credential",
    services: ENTRA,
    pattern: /AADSTS70021\d{0,2}\b/,
    remedy:
      "Add a federated credential to the app registration or managed identity. Its issuer, subject and audience must equal the presented ones, upper and lower case included. The subject changes with the branch, the environment and the event of the workflow. A repository that was created, renamed or transferred after 2026-07-15 presents a subject with the IDs of its owner and itself (repo:OWNER@ID/REPO@ID:…), which a credential for the old form does not match.",
    permanent: true,
  },
  {
    id: "assertion-expired",
    symptom: "AADSTS700024: client assertion is not within its valid time range",
    services: ENTRA,
    pattern: /AADSTS700024\b/,
    remedy:
      "GitHub's token had expired when Entra received it: it lives for five minutes. If azure/login signed in earlier in the job, its session cannot be renewed: set client-id and tenant-id, so that the action signs in by itself with a fresh token, or run azure/login again right before. Otherwise check the runner's clock.",
    permanent: false,
  },
  {
    id: "session-expired",
    symptom: "AADSTS700082, AADSTS70043, AADSTS50173, AADSTS50078: the session of the Azure CLI has expired",
    services: ENTRA,
    pattern: /AADSTS(?:700082|70043|50173|50078)\b/,
    remedy:
      "The Azure CLI's session has expired. In a workflow set client-id and tenant-id, so that the action signs in by itself. Elsewhere sign in again:\naz login",
    permanent: true,
  },
  {
    id: "cli-not-signed-in",
    symptom: "az login: the Azure CLI has no session",
    services: ["Azure CLI"],
    pattern: /\baz login\b|No subscriptions? found/i,
    remedy:
      "The Azure CLI is not signed in on this runner. Run azure/login in an earlier step of the job, or set client-id and tenant-id with permissions: id-token: write, which needs no az.",
    permanent: true,
  },
  {
    id: "wrong-secret",
    symptom: "AADSTS7000215, AADSTS7000222: invalid or expired client secret",
    services: ENTRA,
    pattern: /AADSTS(?:7000215|7000222)\b/,
    remedy: "Renew AZURE_CLIENT_SECRET. It is better to remove it and to use federated login with GitHub's OIDC.",
    permanent: true,
  },
  {
    id: "client-disabled",
    symptom: "AADSTS7000112, AADSTS7000113: the application is disabled",
    services: ENTRA,
    pattern: /AADSTS700011[23]\b/,
    remedy:
      "The application or its service principal is disabled in the tenant. Enable it under Enterprise applications (Enabled for users to sign-in), or use another client-id.",
    permanent: true,
  },
  {
    id: "unknown-client",
    symptom: "AADSTS700016, AADSTS7000229: application not found in the tenant",
    services: ENTRA,
    pattern: /AADSTS(?:700016|7000229)\b/,
    remedy: "Check client-id and tenant-id. The tenant has no application with this ID, or the application has no service principal in the tenant.",
    permanent: true,
  },
  {
    id: "unknown-tenant",
    symptom: "AADSTS90002, AADSTS900023: tenant not found",
    services: ENTRA,
    pattern: /AADSTS(?:90002|900023)\b/,
    remedy: "Check tenant-id, and that azure-environment names the tenant's cloud.",
    permanent: true,
  },
  {
    id: "unknown-audience",
    symptom: "AADSTS500011, AADSTS650052, AADSTS650057: the tenant does not know the service that the token is for",
    services: ENTRA,
    pattern: /AADSTS(?:500011|650052|650057)\b/,
    remedy:
      "The tenant does not know the service that the token is for. Check azure-environment: a tenant of one cloud has no services of another.",
    permanent: true,
  },
  {
    id: "managed-identity-missing",
    symptom: "no managed identity on this runner",
    services: ["managed identity"],
    pattern: /\bIdentity not found\b|\bno managed identity\b|\bManagedIdentityCredential\b[\s\S]*\bunavailable\b/i,
    remedy:
      "This runner has no managed identity, or not the one that client-id names. Assign it to the virtual machine or scale set of the runner, or set client-id and tenant-id with permissions: id-token: write for federated login.",
    permanent: true,
  },
  {
    id: "sign-in-endpoint",
    symptom: "endpoints_resolution_error: the sign-in endpoint returned no metadata of the tenant",
    services: ENTRA,
    pattern: /\b(?:endpoints_resolution_error|openid_config_error)\b/,
    remedy: "Check tenant-id and azure-environment: the cloud may have no such tenant. Check that the runner reaches the sign-in endpoint.",
    permanent: true,
  },
  {
    id: "conditional-access",
    symptom: "AADSTS53003, AADSTS50076, AADSTS50079: blocked by a Conditional Access policy",
    services: ENTRA,
    pattern: /AADSTS(?:53003|50076|50079|53000)\b/,
    remedy: "A Conditional Access policy blocks this identity. Allow it to sign in from the runner's network, or use a runner in an allowed network.",
    permanent: true,
  },
  {
    id: "login-failed",
    symptom: "any other AADSTS error",
    services: ENTRA,
    pattern: /AADSTS\d+/,
    remedy: "Look up the AADSTS number at https://login.microsoftonline.com/error. Check client-id, tenant-id and azure-environment.",
    permanent: true,
  },
];
