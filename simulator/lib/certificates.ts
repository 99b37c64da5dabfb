/** Certificate authorities made at start: one for the public endpoints, another one for the cluster. */
import { generate } from "selfsigned";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const DAY = 24 * 3600 * 1000;

function validity(): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(Date.now() - DAY), notAfterDate: new Date(Date.now() + 30 * DAY) };
}

/** A self-signed certificate authority. */
export async function createAuthority(commonName: string): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: commonName }], {
    ...validity(),
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A server certificate for localhost and 127.0.0.1. */
export async function issueServerCertificate(authority: KeyPair): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    ...validity(),
    keyType: "ec",
    algorithm: "sha256",
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          // Other names of this machine, for clients that never use a proxy for localhost.
          { type: 2, value: "github.localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A client certificate, as a cluster with local accounts puts into its kubeconfig. */
export async function issueClientCertificate(authority: KeyPair, commonName: string): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: commonName }], {
    ...validity(),
    keyType: "ec",
    algorithm: "sha256",
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", clientAuth: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}
