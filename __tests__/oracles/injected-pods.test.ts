/**
 * Istio's own golden files: pods as its injector writes them, for every setting its authors thought worth a test. Nobody on
 * this project made them. They live outside the repository; set ISTIO_CNI_ORACLES where they are somewhere else.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { PodState } from "../../src/contract.ts";
import { injectionRules } from "../../src/mesh/injection.ts";
import { arrayAt, at, isRecord, textAt } from "../../src/mesh/json.ts";
import { readPod } from "../../src/mesh/pod.ts";
import { podState } from "../../src/mesh/pod-state.ts";

const ROOT = join(process.env["ISTIO_CNI_ORACLES"] ?? resolve(import.meta.dirname, "../../../shared/oracles"), "istio-injected");
const MISSING = !existsSync(ROOT);

/** The files say nothing of namespaces and webhooks, so nothing is selected: these pods are judged by themselves. */
const RULES = injectionRules({
  namespaces: { seen: true, value: [] },
  webhooks: { seen: true, value: [] },
  installedRevisions: [],
});

/**
 * The Pods and pod templates in an object. A CronJob's injector annotations sit on its job template in these files, where
 * no pod made from it inherits them. The pod template is read as it is: that is what the pod would be.
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

interface Judged {
  readonly file: string;
  readonly state: PodState;
}

function judgeAll(version: string): readonly Judged[] {
  return readdirSync(join(ROOT, version))
    .sort()
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(ROOT, version, file), "utf8"))
        .flatMap((document) => podsIn(document.toJS()))
        .map((json) => {
          const pod = readPod(json);
          if (pod === undefined) throw new Error(`${file}: not a pod`);
          return { file, state: podState(pod, RULES) };
        }),
    );
}

function countStates(judged: readonly Judged[]): Partial<Record<PodState, number>> {
  const counts: Partial<Record<PodState, number>> = {};
  for (const { state } of judged) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

const filesIn = (judged: readonly Judged[], state: PodState): readonly string[] =>
  judged.filter((each) => each.state === state).map((each) => each.file.replace(".injected", ""));

const title = MISSING ? `Istio's golden files (skipped: no ${ROOT})` : "Istio's golden files";
describe.skipIf(MISSING)(title, () => {
  const EXPECTED: Record<string, Partial<Record<PodState, number>>> = {
    "1.25.5": {
      "legacy-init": 85,
      cni: 7,
      "privileged-proxy": 1,
      gateway: 2,
      proxyless: 1,
      "custom-template": 2,
      "opted-out": 1,
      exempt: 2,
    },
    "1.28.10": {
      "legacy-init": 97,
      cni: 7,
      "privileged-proxy": 1,
      gateway: 3,
      proxyless: 1,
      "no-interception": 1,
      "custom-template": 2,
      "opted-out": 1,
      exempt: 2,
    },
  };

  test("hold the versions that are expected", () => {
    expect(readdirSync(ROOT).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  for (const [version, expected] of Object.entries(EXPECTED)) {
    describe(version, () => {
      const judged = MISSING ? [] : judgeAll(version);
      test("every pod has a known state", () => {
        expect(filesIn(judged, "unknown")).toEqual([]);
      });
      test("the states are as many as they should be", () => {
        expect(countStates(judged)).toEqual(expected);
      });
      test("the files say by their names what some of them are", () => {
        expect(filesIn(judged, "cni")).toEqual([
          "hello-cncf-networks.yaml",
          "hello-existing-cncf-networks-json.yaml",
          "hello-existing-cncf-networks.yaml",
          "hello-openshift-custom-injection.yaml",
          "hello-openshift.yaml",
          "hello.yaml.cni",
          "proxy-override-runas.yaml.cni",
        ]);
        // TPROXY without CNI gets istio-init, and is one of the many.
        expect(filesIn(judged, "privileged-proxy")).toEqual(["hello-openshift-tproxy.yaml"]);
        expect(filesIn(judged, "proxyless")).toEqual(["grpc-agent.yaml"]);
        expect(filesIn(judged, "exempt")).toEqual(["hello-host-network-with-ns.yaml", "hello-host-network.yaml"]);
        expect(filesIn(judged, "opted-out")).toEqual(["hello-ignore.yaml"]);
        expect(filesIn(judged, "gateway").every((file) => file.startsWith("gateway"))).toBe(true);
        expect(filesIn(judged, "legacy-init")).toContain("cronjob.yaml");
      });
    });
  }
});
