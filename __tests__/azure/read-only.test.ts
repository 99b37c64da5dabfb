/**
 * What the PUT leaves out, against the SDK's own models: each property that they declare `readonly` is left out, and no other one is. So
 * an entry that is missing in `put-body.ts`, or one too many, fails here, on any machine.
 */
import ts from "typescript";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCluster, putBody, READ_ONLY } from "../../src/azure/put-body.ts";

const MODELS = join(createRequire(import.meta.url).resolve("@azure/arm-containerservice/package.json"), "../dist/esm/models/models.d.ts");

/** Read-only by the service's word or in other api-versions only, and not in the models of this SDK. Sources: `put-body.ts`. */
const BEYOND_THE_SDK = ["apiVersion", "properties.ingressProfile.applicationLoadBalancer.identity"];
/** Declared read-only by the SDK, and sent back all the same: see `put-body.ts`. */
const SENT_BACK = ["properties.agentPoolProfiles.*.nodeImageVersion"];
/** Names of the API that the SDK spells in its own way. */
const WIRE_NAMES: Readonly<Record<string, string>> = {
  privateFqdn: "privateFQDN",
  azurePortalFqdn: "azurePortalFQDN",
  resourceUid: "resourceUID",
  issuerUrl: "issuerURL",
  effectiveOutboundIps: "effectiveOutboundIPs",
  privateLinkServiceId: "privateLinkServiceID",
};

/** The paths of a model's properties that are read-only; `*` is an index or a key. */
function readOnlyPaths(): readonly string[] {
  const program = ts.createProgram([MODELS], { skipLibCheck: true, noEmit: true });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(MODELS);
  const found: string[] = [];
  const visit = (type: ts.Type, path: readonly string[], seen: readonly ts.Type[]): void => {
    const bare = checker.getNonNullableType(type);
    if (bare.flags & ts.TypeFlags.StringLike || seen.includes(bare)) return;
    const element = checker.getIndexTypeOfType(bare, ts.IndexKind.Number) ?? checker.getIndexTypeOfType(bare, ts.IndexKind.String);
    if (element !== undefined) { visit(element, [...path, "*"], [...seen, bare]); return; }
    for (const property of checker.getPropertiesOfType(bare)) {
      const declaration = property.valueDeclaration;
      if (declaration === undefined || !ts.isPropertySignature(declaration) || declaration.getSourceFile() !== file) continue;
      const here = [...path, WIRE_NAMES[property.name] ?? property.name];
      if (declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword) === true) found.push(here.join("."));
      else visit(checker.getTypeOfSymbol(property), here, [...seen, bare]);
    }
  };
  const model = (name: string): ts.Type => {
    const node = file?.statements.find((statement): statement is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(statement) && statement.name.text === name);
    if (node === undefined) throw new Error(`the SDK has no model ${name}`);
    return checker.getTypeAtLocation(node);
  };
  visit(model("ManagedClusterProperties"), ["properties"], []);
  visit(model("ManagedClusterIdentity"), ["identity"], []);
  const own = new Set(checker.getPropertiesOfType(model("ManagedClusterProperties")).map(({ name }) => name));
  for (const property of checker.getPropertiesOfType(model("ManagedCluster"))) {
    const declaration = property.valueDeclaration;
    const isReadOnly = declaration !== undefined && ts.isPropertySignature(declaration) && declaration.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword);
    // The model repeats what is in `properties`.
    if (isReadOnly === true && !own.has(property.name)) found.push(property.name);
  }
  return found;
}

/** A cluster that has a value at each of these paths, and one beside each that is not read-only. */
function clusterWith(paths: readonly string[]): Record<string, unknown> {
  const cluster: Record<string, unknown> = {};
  for (const path of paths) {
    const names = path.split(".").map((name) => (name === "*" ? "key" : name));
    const last = names.pop() ?? "";
    let object = cluster;
    for (const name of names) object = (object[name] ??= { kept: true }) as Record<string, unknown>;
    object[last] = "read-only";
  }
  return cluster;
}

describe("what the API declares read-only", () => {
  const paths = [...readOnlyPaths().filter((path) => !SENT_BACK.includes(path)), ...BEYOND_THE_SDK];

  it("is found in the SDK's models", () => expect(paths.length).toBeGreaterThan(25));

  it.each(paths)("%s is left out", (path) => {
    const parsed = parseCluster(JSON.stringify(clusterWith([path])));
    if (parsed === undefined) throw new Error("the cluster of the test is not a JSON object");
    expect(putBody(parsed, "CNIChaining").leftOut).toEqual([path.replaceAll("*", "key")]);
  });

  it("is all that the list has", () => {
    expect(READ_ONLY.map((path) => path.join(".")).sort()).toEqual([...paths].sort());
  });

  it("takes nothing beside it along", () => {
    const parsed = parseCluster(JSON.stringify(clusterWith(paths)));
    if (parsed === undefined) throw new Error("the cluster of the test is not a JSON object");
    const { text } = putBody(parsed, "CNIChaining");
    expect(text).not.toContain("read-only");
    expect(text.match(/"kept":true/g)?.length).toBeGreaterThan(10);
  });

  it.each(SENT_BACK)("%s is sent back all the same", (path) => {
    const parsed = parseCluster(JSON.stringify(clusterWith([path])));
    if (parsed === undefined) throw new Error("the cluster of the test is not a JSON object");
    expect(putBody(parsed, "CNIChaining").leftOut).toEqual([]);
  });
});
