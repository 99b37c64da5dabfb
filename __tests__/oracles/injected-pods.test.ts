/**
 * Istio's own golden files: pods as its injector writes them, for every setting its authors thought worth a test. Nobody on
 * this project made them. They live outside the repository; set ISTIO_CNI_ORACLES where they are somewhere else.
 */
import { describe, expect, test } from "vitest";
import type { PodState } from "../../src/contract.ts";
import { injectionRules } from "../../src/istio/injection/injection-rules.ts";
import { readPod } from "../../src/istio/pods/pod.ts";
import { podState } from "../../src/istio/pods/pod-state.ts";
import { WHY_SKIPPED } from "./folder.ts";
import { goldenPods, goldenVersions } from "./golden-pods.ts";

/** The files say nothing of namespaces and webhooks, so nothing is selected: these pods are judged by themselves. */
const RULES = injectionRules({
  namespaces: { seen: true, value: [] },
  webhooks: { seen: true, value: [] },
  installedRevisions: [],
});

interface Judged {
  readonly file: string;
  readonly state: PodState;
}

function judgeAll(version: string): readonly Judged[] {
  return goldenPods(version).map(({ file, pod }) => {
    const facts = readPod(pod);
    if (facts === undefined) throw new Error(`${file}: not a pod`);
    return { file, state: podState(facts, RULES) };
  });
}

function countStates(judged: readonly Judged[]): Partial<Record<PodState, number>> {
  const counts: Partial<Record<PodState, number>> = {};
  for (const { state } of judged) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

const filesIn = (judged: readonly Judged[], state: PodState): readonly string[] =>
  judged.filter((each) => each.state === state).map((each) => each.file.replace(".injected", ""));

describe.skipIf(goldenVersions().length === 0)(`Istio's golden files${WHY_SKIPPED}`, () => {
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
    expect([...goldenVersions()].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  for (const [version, expected] of Object.entries(EXPECTED)) {
    describe(version, () => {
      const judged = goldenVersions().includes(version) ? judgeAll(version) : [];
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
