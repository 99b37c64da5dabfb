/** The mesh revisions that AKS offers in the cluster's region. */

export interface MeshRevision {
  revision: string;
  /** The revisions that it can be upgraded to. */
  upgrades: readonly string[];
  /** The Kubernetes versions that it runs on. */
  kubernetesVersions: readonly string[];
}

/** Those of late 2026: asm-1-28 is out of support since the AKS release of 2026-09-04. */
export function supportedRevisions(): MeshRevision[] {
  return [
    { revision: "asm-1-29", upgrades: ["asm-1-30"], kubernetesVersions: ["1.31", "1.32", "1.33", "1.34", "1.35"] },
    { revision: "asm-1-30", upgrades: [], kubernetesVersions: ["1.32", "1.33", "1.34", "1.35", "1.36"] },
  ];
}
