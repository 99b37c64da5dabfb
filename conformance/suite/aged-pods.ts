/** Pods that fail from the suite's first moment on, so that the time in which the CNI agent may still repair them is over when it ends. */
import { type Api, eventually } from "./api.ts";
import { namespace, pod, WITHOUT_SAFEGUARDS } from "./objects.ts";

export const AGED = "aged";

/** What becomes of the pods, by name. */
const AGED_PODS = {
  "validation-finds-nothing": "validation-126",
  "validation-breaks": "validation-1",
  "validation-is-killed": "validation-137",
  "no-sandbox": "no-sandbox",
} as const;

/** Makes them; the mechanism must be CNI chaining. */
export async function makeAgedPods(api: Api, revision: string): Promise<void> {
  await api.create(namespace(AGED, { ...WITHOUT_SAFEGUARDS, "istio.io/rev": revision }));
  await eventually("its service account", async () => {
    const { status } = await api.ask("GET", `/api/v1/namespaces/${AGED}/serviceaccounts/default`);
    return status === 200 ? true : undefined;
  });
  await api.create(...Object.entries(AGED_PODS).map(([name, becomes]) => pod({ namespace: AGED, name, becomes })));
}
