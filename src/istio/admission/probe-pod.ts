/**
 * The pod that admission is asked about. It is never stored, and satisfies Deployment Safeguards and the restricted Pod
 * Security Standard by itself, so that whatever is refused is what injection added.
 */
import type { V1Pod } from "@kubernetes/client-node";

/**
 * A pinned tag of a public image, allowed by most registries' policies; nothing is ever pulled. Source: AKS' own
 * Deployment Safeguards demand a tag other than `latest`.
 */
const PROBE_IMAGE = "mcr.microsoft.com/oss/kubernetes/pause:3.9";
/** The user of the pause image. */
const NOBODY = 65535;

/** The body of the `POST pods?dryRun=All` in a namespace. */
export function probePod(namespace: string): V1Pod {
  const probe = { tcpSocket: { port: 8080 }, periodSeconds: 30 };
  const resources = { cpu: "10m", memory: "16Mi" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: "istio-cni-probe-",
      namespace,
      labels: {
        app: "istio-cni-probe",
        "app.kubernetes.io/name": "istio-cni-probe",
        "app.kubernetes.io/managed-by": "istio-cni-aks",
        "istio-cni-aks/purpose": "admission-dry-run",
      },
      annotations: { "istio-cni-aks/about": "Asks admission with a dry run; is never stored." },
    },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: NOBODY, runAsGroup: NOBODY, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "probe",
          image: PROBE_IMAGE,
          ports: [{ containerPort: 8080 }],
          resources: { requests: resources, limits: resources },
          readinessProbe: probe,
          livenessProbe: probe,
          securityContext: {
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ],
    },
  };
}
