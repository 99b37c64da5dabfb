/** Every recorded cluster body, through the pure parts: what is read of it, and what would be written back. */
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseCluster, putBody } from "../../src/azure/put-body.ts";
import { goalOf, planFor } from "../../src/phases/plan/plan.ts";
import { evaluate } from "../../src/checks/evaluate.ts";
import { operationsInProgress, readClusterFacts } from "../../src/istio/cluster-facts.ts";
import { exchanges, ORACLES_ABSENT, oracleFiles, readOracle, WHY_SKIPPED } from "./folder.ts";
import { leaves } from "./leaves.ts";

const SEQUENCE = "azure/istio-cni-full-sequence.json";
const recorded = ORACLES_ABSENT
  ? []
  : [
      ...oracleFiles("azure/clusters").map((file) => ({ from: file, body: readOracle(file) })),
      ...[SEQUENCE, "azure/stop-start.json", "azure/run-command.json"].flatMap((file) =>
        exchanges(file)
          .filter(({ request, response }) => /\/managedClusters\/[^/?]+\?/i.test(request.uri) && request.method === "GET" && response.status === 200)
          .map(({ response }, index) => ({ from: `${file} GET ${index}`, body: response.body })),
      ),
    ];

/** The read-only properties of both schemas, and those of the newest version, as patterns of paths. */
function readOnlyPatterns(): RegExp[] {
  const perSchema = ["2026-01-01", "2026-05-01"].map((version) => readOnlyPaths(readOracle(`schema/managedClusters.${version}.schema.json`)));
  const [first = [], second = []] = perSchema;
  const newest = readOnlyOfNewest().map((path) => `/${path.replaceAll(".", "/").replaceAll("*", "[^/]+")}`);
  return [...first.filter((path) => second.includes(path)), ...newest].map((path) => new RegExp(`^${path}(?:/|$)`));
}

/** The read-only paths of 2026-08-01, such as `identity.userAssignedIdentities.*.clientId`. */
function readOnlyOfNewest(): readonly string[] {
  return (readOracle("schema/managedClusters.2026-08-01.paths.json") as { readonly readOnly: readonly string[] }).readOnly;
}

interface SchemaNode {
  readonly $ref?: string;
  readonly readOnly?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly allOf?: readonly SchemaNode[];
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

function readOnlyPaths(schema: unknown): string[] {
  const { definitions = {}, ...top } = schema as SchemaNode;
  const found: string[] = [];
  const walk = (node: SchemaNode, path: string, above: readonly string[]): void => {
    if (node.readOnly === true) found.push(path);
    const name = node.$ref?.split("/").at(-1);
    const target = name === undefined || above.includes(name) ? undefined : definitions[name];
    if (name !== undefined && target !== undefined) walk(target, path, [...above, name]);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, `${path}/${key}`, above);
    for (const child of node.allOf ?? []) walk(child, path, above);
    if (node.items !== undefined) walk(node.items, `${path}/\\d+`, above);
    if (typeof node.additionalProperties === "object") walk(node.additionalProperties, `${path}/[^/]+`, above);
  };
  walk(top, "", []);
  return found;
}

describe.skipIf(ORACLES_ABSENT)(`recorded clusters${WHY_SKIPPED}`, () => {
  const patterns = ORACLES_ABSENT ? [] : readOnlyPatterns();

  it.each(recorded)("$from: the PUT body is the body read, without exactly what the schemas declare read-only, and with the mechanism", ({ body }) => {
    const text = JSON.stringify(body);
    const cluster = parseCluster(text);
    expect(cluster).toBeDefined();
    if (cluster === undefined) return;
    const before = leaves(body);
    const after = leaves(JSON.parse(putBody(cluster, "CNIChaining").text));
    const mechanism = "/properties/serviceMeshProfile/istio/components/proxyRedirectionMechanism";
    for (const [path, value] of before) {
      if (path === mechanism) continue;
      const readOnly = patterns.some((pattern) => pattern.test(path));
      // An object whose only property is read-only stays as an empty object: that is a leaf of its own.
      if (readOnly) expect([...after.keys()].filter((kept) => kept === path && after.get(kept) === value), `${path} is read-only`).toEqual([]);
      else expect(after.get(path), `${path} is not read-only and must be kept`).toBe(value);
    }
    expect(after.get(mechanism)).toBe('"CNIChaining"');
  });

  it.each(recorded)("$from: is read, judged and planned for without a hitch", ({ body }) => {
    const facts = readClusterFacts(body);
    expect(facts.name).not.toBe("");
    expect(facts.provisioningState).not.toBe("");
    expect(facts.agentPools.length).toBeGreaterThan(0);
    const config = {
      mode: "apply",
      namespaces: [],
      registerFeature: "auto",
      labelNamespaces: false,
      revision: undefined,
      removeInjectionLabel: false,
      restartWorkloads: "never",
      force: false,
    } as const;
    const snapshot = {
      cluster: facts,
      feature: { name: "f", state: "Registered", why: "" },
      observation: { seen: false, why: "not asked", remedy: "" },
    } as const;
    const checks = evaluate(snapshot, goalOf(config));
    const meshOn = facts.mesh.mode === "Istio";
    expect(checks.find(({ id }) => id === "mesh-enabled")?.result).toBe(meshOn ? "pass" : "fail");
    const plan = planFor(snapshot, config);
    const needsSwitch = !meshOn || facts.mesh.redirectionMechanism !== "CNIChaining";
    expect(plan.steps.find(({ id }) => id === "switch-redirection")?.needed).toBe(needsSwitch);
    expect(plan.steps.find(({ id }) => id === "wait-until-idle")?.needed).toBe(operationsInProgress(facts).length > 0);
    if (needsSwitch && !meshOn) expect(plan.blocker?.code).toBe("mesh-enabled");
  });

  it.each(recorded.filter(({ from }) => from.includes("enable_disable_istio_cni") || from.includes("sequence")))("$from: the PUT body validates against the schema of 2026-01-01", ({ body }) => {
    const schema = readOracle("schema/managedClusters.2026-01-01.schema.json") as object;
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    const cluster = parseCluster(JSON.stringify(body));
    validate(JSON.parse(cluster === undefined ? "{}" : putBody(cluster, "CNIChaining").text));
    // Properties that the schema does not know are the point of writing back what was read.
    const real = (validate.errors ?? []).filter(({ keyword, instancePath }) => keyword !== "additionalProperties" && !/nodeImageVersion|\/type$/.test(instancePath))
      // A request needs no name: Azure's own tools leave it out.
      .filter(({ message }) => message !== "must have required property 'name'");
    expect(real.map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`)).toEqual([]);
  });
});
