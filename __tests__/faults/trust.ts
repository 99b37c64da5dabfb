/** The certificates of all worlds of this process, and its trust in them. */
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createCertificates } from "../../simulator/index.ts";

/** The authorities that this process trusts, in PEM: it keeps each one, since a change takes 30 ms of CPU. */
const authorities = new Set(getCACertificates("default"));

/** Lets this process trust an authority, in PEM, besides the others. */
function trust(authority: string): void {
  if (!authorities.has(authority)) setDefaultCACertificates([...authorities.add(authority)]);
}

export const certificates = createCertificates();

/** Lets this process trust their public authority. */
export async function trustOwn(): Promise<void> {
  trust((await certificates).publicAuthority.cert);
}
