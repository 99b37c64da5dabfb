/** Pods as controllers create them: the template's specification, and the pod after injection. */
import type { JsonObject } from "../../lib/json.ts";
import type { PodTemplate, Workload } from "../../world/workload.ts";
import { inject } from "../mesh/inject-sidecar.ts";
import type { Injection } from "../mesh/injection.ts";

/** A container that satisfies Deployment Safeguards. */
function applicationContainer(name: string, { image, port }: PodTemplate): JsonObject {
  const probe = (): JsonObject => ({
    httpGet: { path: "/healthz", port, scheme: "HTTP" },
    periodSeconds: 10,
    timeoutSeconds: 1,
    failureThreshold: 3,
    successThreshold: 1,
  });
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    ports: [{ containerPort: port, name: "http", protocol: "TCP" }],
    livenessProbe: probe(),
    readinessProbe: probe(),
    resources: { limits: { cpu: "500m", memory: "256Mi" }, requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      runAsUser: 10_001,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
  };
}

/** The pod specification in a workload's template. */
export function templateSpec(workload: Workload, template: PodTemplate): JsonObject {
  return {
    ...(template.initContainers.length === 0 ? {} : { initContainers: structuredClone(template.initContainers) }),
    containers: [applicationContainer(workload.name, template), ...(template.extraContainers.length === 0 ? [] : structuredClone(template.extraContainers))],
    ...(template.hostNetwork ? { hostNetwork: true } : {}),
    restartPolicy: workload.kind === "Job" ? "OnFailure" : "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "default",
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    schedulerName: "default-scheduler",
  };
}

/** The pod after injection. Its metadata has labels and annotations only. */
export function admittedPod(workload: Workload, template: PodTemplate, injection: Injection | undefined): JsonObject {
  const pod: JsonObject = {
    metadata: { labels: { ...template.labels }, annotations: { ...template.annotations } },
    spec: templateSpec(workload, template),
  };
  if (injection !== undefined) inject(pod, injection);
  return pod;
}
