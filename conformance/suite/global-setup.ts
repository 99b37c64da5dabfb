/** Before the first file: the namespace in which the injector is asked, and workloads that are to have been refused for long. */
import { createApi } from "./api.ts";
import { LONG_REFUSED, makeLongRefused } from "./long-refused.ts";
import { readTarget } from "./kubeconfig.ts";
import { makeSample, settleOn } from "./mesh.ts";

export default async function setup(): Promise<void> {
  const target = readTarget();
  const api = createApi(target, target.admin);
  await makeSample(api, target.revision);
  await settleOn(api, target.revision, "InitContainers");
  const { status } = await api.ask("GET", `/api/v1/namespaces/${LONG_REFUSED}`);
  if (status === 404) await makeLongRefused(api, target.revision);
}
