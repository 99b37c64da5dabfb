/**
 * The pod that the admission probe sends as a dry run; it is never stored. The pod satisfies Deployment Safeguards and the
 * restricted Pod Security Standard, so what these refuse is what injection added. Only its own container has a seccompProfile: one of
 * the whole pod would also count for the injected containers, and would hide that these have none.
 */
import type { V1Pod } from "@kubernetes/client-node";

/**
 * A public image that most registry policies allow; it is never pulled. Deployment Safeguards require a tag other than
 * `latest`. Source: AKS documentation of Deployment Safeguards.
 */
const PROBE_IMAGE = "mcr.microsoft.com/oss/kubernetes/pause:3.9";
/** The numeric user of the pause image. */
const NON_ROOT_USER = 65535;

/** The body of `POST pods?dryRun=All` in a namespace. */
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
      annotations: { "istio-cni-aks/about": "Dry run that probes admission; never stored." },
    },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: NON_ROOT_USER, runAsGroup: NON_ROOT_USER },
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
