/** report.schema.json as a reference: its examples are reports, and each property says what it is. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { isRecord } from "../../src/lib/json.ts";
import schema from "../../report.schema.json" with { type: "json" };
import { textOf } from "./repository.ts";

/** Paths of the properties below a part of the schema that have no description, not even by what they refer to. */
function undescribed(part: unknown, path = ""): readonly string[] {
  if (!isRecord(part)) return [];
  return Object.entries(part).flatMap(([name, value]) => {
    if (name !== "properties" || !isRecord(value)) return name === "examples" ? [] : undescribed(value, `${path}/${name}`);
    const bare = Object.entries(value).filter(([, property]) => isRecord(property) && property["description"] === undefined && property["$ref"] === undefined);
    return [...bare.map(([property]) => `${path}/${property}`), ...Object.entries(value).flatMap(([property, child]) => undescribed(child, `${path}/${property}`))];
  });
}

describe("report.schema.json", () => {
  it("has an address, which docs/report.md names", () => {
    expect(schema.$id).toBe("https://raw.githubusercontent.com/org/istio-cni-aks/main/report.schema.json");
    expect(textOf("docs/report.md")).toContain(schema.$id);
  });

  it("has examples that are reports", () => {
    const ajv = new Ajv2020({ allErrors: true });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);
    expect(schema.examples.length).toBeGreaterThan(0);
    for (const example of schema.examples) expect(validate(example) || validate.errors).toBe(true);
  });

  it("describes each property", () => {
    expect(undescribed(schema)).toEqual([]);
  });
});
