/**
 * Workloads that are refused from the suite's first moment on, so that their controllers pause for minutes when it ends. They are
 * of the older revision, so that the switches of the other expectations do not reach them.
 */
import { type Api, eventually } from "./api.ts";
import { daemonSet, deployment, job, namespace, statefulSet } from "./objects.ts";

export const LONG_REFUSED = "long-refused";

export async function makeLongRefused(api: Api, revision: string): Promise<void> {
  await api.create(namespace(LONG_REFUSED, { "istio.io/rev": revision }));
  await eventually("its service account", async () => {
    const { status } = await api.ask("GET", `/api/v1/namespaces/${LONG_REFUSED}/serviceaccounts/default`);
    return status === 200 ? true : undefined;
  });
  const within = { namespace: LONG_REFUSED };
  await api.create(
    deployment({ ...within, name: "web", replicas: 2 }),
    statefulSet({ ...within, name: "store" }),
    daemonSet({ ...within, name: "agent" }),
    job({ ...within, name: "migrate" }),
  );
}
