/** Certificates, created at start: one authority for the public endpoints, another one for the cluster. */
import { generate } from "selfsigned";

type CertificateExtension = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>[number];

/** The user in the client certificate of a cluster with local accounts. */
export const LOCAL_ACCOUNT = "masterclient";

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

/** A certificate that an authority signs. `extensions`: beside "this is not an authority". */
async function issue(authority: KeyPair, commonName: string, extensions: CertificateExtension[]): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: commonName }], {
    ...validity(),
    keyType: "ec",
    algorithm: "sha256",
    ca: authority,
    extensions: [{ name: "basicConstraints", cA: false }, ...extensions],
  });
  return { cert: made.cert, key: made.private };
}

/** A server certificate for localhost and 127.0.0.1, and for these names. */
export async function issueServerCertificate(authority: KeyPair, names: readonly string[] = []): Promise<KeyPair> {
  return issue(authority, "localhost", [
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: [
        { type: 2, value: "localhost" },
        // Another name of this machine, for clients that never use a proxy for localhost.
        { type: 2, value: "github.localhost" },
        ...names.map((value) => ({ type: 2 as const, value })),
        { type: 7, ip: "127.0.0.1" },
      ],
    },
  ]);
}

/** A client certificate, as the kubeconfig of a cluster with local accounts contains it. */
async function issueClientCertificate(authority: KeyPair, commonName: string): Promise<KeyPair> {
  return issue(authority, commonName, [
    { name: "keyUsage", digitalSignature: true, critical: true },
    { name: "extKeyUsage", clientAuth: true },
  ]);
}

/** What the servers of a world present, and the authorities that sign it. */
export interface Certificates {
  readonly publicAuthority: KeyPair;
  readonly clusterAuthority: KeyPair;
  readonly publicTls: KeyPair;
  readonly clusterTls: KeyPair;
  /** Of the cluster's local account. */
  readonly client: KeyPair;
}

/**
 * Creates an authority for the public endpoints and one for the cluster, and the certificates that they sign.
 *
 * @param publicNames further names of the public endpoints
 */
export async function createCertificates(publicNames: readonly string[] = []): Promise<Certificates> {
  const [publicAuthority, clusterAuthority] = await Promise.all([
    createAuthority("Simulated Public CA"),
    createAuthority("Simulated Cluster CA"),
  ]);
  const [publicTls, clusterTls, client] = await Promise.all([
    issueServerCertificate(publicAuthority, publicNames),
    issueServerCertificate(clusterAuthority),
    issueClientCertificate(clusterAuthority, LOCAL_ACCOUNT),
  ]);
  return { publicAuthority, clusterAuthority, publicTls, clusterTls, client };
}
