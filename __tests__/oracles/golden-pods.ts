/** Istio's own golden files: pods as its injector writes them, for every setting its authors thought worth a test. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import { arrayAt, at, isRecord, textAt } from "../../src/lib/json.ts";
import { ORACLES, ORACLES_ABSENT } from "./folder.ts";

const ROOT = `${ORACLES}/istio-injected`;

/** A pod, or what a workload's pods would be. */
export interface GoldenPod {
  readonly file: string;
  readonly pod: unknown;
}

/** The versions of Istio whose files there are. */
export function goldenVersions(): readonly string[] {
  return ORACLES_ABSENT || !existsSync(ROOT) ? [] : readdirSync(ROOT);
}

/** What was read: four files of tests read the same pods. */
const read = new Map<string, readonly GoldenPod[]>();

/** The pods of a version. Do not change them: they are shared. */
export function goldenPods(version: string): readonly GoldenPod[] {
  const known = read.get(version) ?? readPods(version);
  read.set(version, known);
  return known;
}

function readPods(version: string): readonly GoldenPod[] {
  return readdirSync(`${ROOT}/${version}`)
    .sort()
    .flatMap((file) => loadAll(readFileSync(`${ROOT}/${version}/${file}`, "utf8")).flatMap((document) => podsIn(document).map((pod) => ({ file, pod }))));
}

/**
 * The Pods and pod templates in an object. A CronJob's injector annotations sit on its job template in these files, where no pod made
 * from it inherits them. The pod template is read as it is: that is what the pod would be.
 */
function podsIn(object: unknown): readonly unknown[] {
  switch (textAt(object, "kind")) {
    case "Pod":
      return [object];
    case "List":
      return arrayAt(object, "items").flatMap(podsIn);
    case "CronJob":
      return [at(object, "spec", "jobTemplate", "spec", "template")];
    default: {
      const template = at(object, "spec", "template");
      return isRecord(at(template, "spec")) ? [template] : [];
    }
  }
}
