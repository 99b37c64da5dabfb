/** Situations of pods that people reported in public: each gets the verdict that its file expects. */
import { describe, expect, test } from "vitest";
import { podsRedirected } from "../../src/checks/pods-redirected.ts";
import { injectionRules, standardWebhooks } from "../../src/istio/injection/injection-rules.ts";
import { namespaceScope } from "../../src/istio/injection/namespace-scope.ts";
import { readNamespace } from "../../src/istio/kubernetes-facts.ts";
import { PodCensusBuilder } from "../../src/istio/pods/pod-census-builder.ts";
import { arrayAt, at, numberAt, textAt } from "../../src/lib/json.ts";
import { goal, seen, showing, UNSEEN } from "../istio/fixtures.ts";
import { oracleFiles, readOracle, WHY_SKIPPED } from "./folder.ts";

const cases = oracleFiles("field-cases")
  .filter((path) => path.endsWith(".json"))
  .map((path) => ({ path, json: readOracle(path) }))
  .filter(({ json }) => textAt(json, "kind") === "pods");

describe.skipIf(cases.length === 0)(`field cases of pods${WHY_SKIPPED}`, () => {
  test.each(cases)("$path", ({ json }) => {
    const input = at(json, "input");
    const revision = textAt(input, "revision");
    const namespaces = seen(arrayAt(input, "namespaces").map((each) => readNamespace({ metadata: each })).filter((each) => each !== undefined));
    const webhooks = textAt(input, "webhooks") === "unseen" ? UNSEEN : seen(standardWebhooks(revision));
    const rules = injectionRules({ namespaces, webhooks, installedRevisions: [revision] });
    const builder = new PodCensusBuilder(rules, namespaceScope([]), Date.parse(textAt(input, "now")), () => undefined);
    for (const pod of arrayAt(input, "pods")) builder.add(pod);
    const census = builder.build();

    const wanted = textAt(json, "expect", "checks", "pods-redirected");
    const { result } = podsRedirected(showing({ namespaces, webhooks, pods: seen(census) }), goal());
    if (wanted !== "") expect(wanted.split("|")).toContain(result);
    expect(census.redirection).toMatchObject(at(json, "expect", "running") ?? {});
    const notInjected = numberAt(json, "expect", "byState", "not-injected");
    if (notInjected !== undefined) expect(census.byState["not-injected"] ?? 0).toBe(notInjected);
    const notCounted = textAt(json, "expect", "notCounted");
    const inNamespace = arrayAt(input, "pods").filter((pod) => textAt(pod, "metadata", "namespace") === notCounted).length;
    if (notCounted !== "") expect(census.total).toBe(arrayAt(input, "pods").length - inNamespace);
  });
});
