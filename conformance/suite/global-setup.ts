/** Before the first file: the namespace in which the injector is asked, and workloads that are to have been refused for long. */
import { createApi } from "./api.ts";
import { makeLongRefused } from "./long-refused.ts";
import { readTarget } from "./kubeconfig.ts";
import { applyMechanism, makeSample, settleOn } from "./mesh.ts";

export default async function setup(): Promise<void> {
  const target = readTarget();
  const api = createApi(target, target.admin);
  await makeSample(api, target.revision);
  await settleOn(api, target.revision, "InitContainers");
  if (target.olderRevision === undefined) return;
  await applyMechanism(api, target.olderRevision, "InitContainers");
  await makeLongRefused(api, target.olderRevision);
}
