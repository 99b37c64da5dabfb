/** The certificates of all worlds of this process, and its trust in them. */
import { setDefaultCACertificates } from "node:tls";
import { createCertificates } from "../../simulator/index.ts";

export const certificates = createCertificates();
/** Resolves once this process trusts their public authority, and no other one. */
export const trusted = certificates.then(({ publicAuthority }) => setDefaultCACertificates([publicAuthority.cert]));
