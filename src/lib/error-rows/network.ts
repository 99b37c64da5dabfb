/** Errors without an answer, or with one that the service did not send. */
import { ANY, type ErrorRow } from "./row.ts";

export const NETWORK_ROWS: readonly ErrorRow[] = [
  {
    id: "name-not-resolved",
    symptom: "ENOTFOUND, EAI_AGAIN: a host name could not be resolved",
    services: ANY,
    pattern: /^(?:ENOTFOUND|EAI_AGAIN)\b/,
    remedy: "Check azure-environment, and that the runner can resolve the name. A name in a private DNS zone needs a runner inside its network.",
    permanent: false,
  },
  {
    id: "untrusted-tls",
    symptom: "a certificate that the runner does not trust",
    services: ANY,
    pattern:
      /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)\b/,
    remedy:
      "The certificate is not signed by an authority that the runner trusts. If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to its CA file. The action never disables certificate verification.",
    permanent: true,
  },
  {
    id: "connection-failed",
    symptom: "ECONNREFUSED, ECONNRESET, ETIMEDOUT and similar codes",
    services: ANY,
    pattern: /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|REQUEST_SEND_ERROR|PARSE_ERROR|RequestTimeout|ERR_STREAM_PREMATURE_CLOSE|network_error)\b/,
    remedy: "The connection failed repeatedly. Check the runner's network, proxy settings and firewalls, then run again.",
    permanent: false,
  },
  {
    id: "not-azure",
    symptom: "NotAzure: the response is not one that Azure sends",
    services: ANY,
    pattern: /^NotAzure\b/,
    remedy: "Check azure-environment. The endpoint is not the expected service: it may be a proxy's login page or another web server.",
    permanent: true,
  },
  {
    id: "answer-too-long",
    symptom: "AnswerTooLong: the response exceeds the limit on its length",
    services: ANY,
    pattern: /^AnswerTooLong\b/,
    remedy: "The response is longer than the limit and was not read completely. Check that the address is that of the expected service. For a list of Kubernetes objects, name fewer namespaces.",
    permanent: true,
  },
];
