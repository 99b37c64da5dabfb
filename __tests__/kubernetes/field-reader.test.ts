/** Reading by a description of fields gives what parsing the whole and leaving out the rest would. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldPlan, FieldReader } from "../../src/kubernetes/field-reader.ts";
import type { Fields } from "../../src/kubernetes/fields.ts";

function read(text: string, fields: Fields): unknown {
  return new FieldReader(Buffer.from(text)).value(fieldPlan(fields));
}

/** The same by another way: first everything, then what counts of it. */
function leaveOut(value: unknown, fields: Fields): unknown {
  switch (fields.kind) {
    case "whole":
      return value;
    case "presence":
      return 0;
    case "object":
      if (!isObject(value)) return value;
      return fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(fields.of, name)).map(([name, inner]) => [name, leaveOut(inner, fields.of[name]!)]));
    case "list":
      return Array.isArray(value) ? value.map((item: unknown) => leaveOut(item, fields.each)) : value;
    case "some": {
      if (!Array.isArray(value)) return value;
      return value.flatMap((item: unknown) => {
        const isOne = isObject(item) && fields.values.some((wanted) => Object.hasOwn(item, fields.key) && item[fields.key] === wanted);
        const how = isOne ? fields.each : fields.others;
        return how === undefined ? [] : [leaveOut(item, how)];
      });
    }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
/** Own properties all, `__proto__` too, as JSON.parse makes them. */
const fromEntries = (entries: readonly (readonly [string, unknown])[]): unknown => Object.fromEntries(entries);

const NAMES = ["name", "type", "a", "", "__proto__", 'q"uo\\te', "ä", "\u2028"];
const name = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) });
const { fields } = fc.letrec<{ fields: Fields }>((tie) => {
  const inner = tie("fields");
  return {
    fields: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant<Fields>({ kind: "whole" }),
      fc.constant<Fields>({ kind: "presence" }),
      fc.array(fc.tuple(name, inner), { maxLength: 4 }).map((of): Fields => ({ kind: "object", of: Object.fromEntries(of) })),
      inner.map((each): Fields => ({ kind: "list", each })),
      fc.record({ key: name, values: fc.array(name, { maxLength: 3 }), each: inner, others: fc.option(inner, { nil: undefined }) }).map(
        ({ others, ...some }): Fields => ({ kind: "some", ...some, ...(others === undefined ? {} : { others }) }),
      ),
    ),
  };
});
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.oneof(name, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.string({ unit: "binary", maxLength: 100 })),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 6 }).map(fromEntries),
  ),
}));

describe("reading by fields", () => {
  it("gives what JSON.parse gives, without what does not count", () => {
    fc.assert(
      fc.property(value, fields, fc.constantFrom(undefined, 1, "\t"), (made, wanted, indent) => {
        const text = JSON.stringify(made, undefined, indent);
        expect(read(text, wanted)).toEqual(leaveOut(JSON.parse(text), wanted));
      }),
      { numRuns: 3000 },
    );
  });

  it("goes on behind the value", () => {
    fc.assert(
      fc.property(value, value, fields, (first, second, wanted) => {
        const reader = new FieldReader(Buffer.from(`${JSON.stringify(first)},${JSON.stringify(second)}`));
        reader.value(fieldPlan(wanted));
        expect(reader.take(0x2c), "the comma between two values").toBe(true);
        expect(reader.value({ kind: "whole" })).toEqual(JSON.parse(JSON.stringify(second)));
        expect(reader.peek(), "the end").toBe(0);
      }),
    );
  });

  it("knows a name however it is written", () => {
    const wanted: Fields = { kind: "object", of: { name: { kind: "whole" }, list: { kind: "some", key: "type", values: ["x"], each: { kind: "whole" } } } };
    expect(read(String.raw`{"n\u0061me":1,"list":[{"t\u0079pe":"\u0078"},{"type":"y"}]}`, wanted)).toEqual({ name: 1, list: [{ type: "x" }] });
  });

  it("takes the last of two properties of one name, as JSON.parse does", () => {
    expect(read('{"a":1,"b":2,"a":3}', { kind: "object", of: { a: { kind: "whole" } } })).toEqual({ a: 3 });
  });

  it("is a matter of bytes: what is no UTF-8 is replaced where it counts, and passed over elsewhere", () => {
    const bytes = Buffer.concat([Buffer.from('{"no":"'), Buffer.from([0xff, 0xc0, 0xe2, 0x82]), Buffer.from('","yes":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]);
    expect(new FieldReader(bytes).value(fieldPlan({ kind: "object", of: { yes: { kind: "whole" } } }))).toEqual({ yes: "\ufffd" });
  });

  it("does not make properties of what is inherited", () => {
    const read1 = read('{"__proto__":{"isAdmin":true},"a":1}', { kind: "object", of: { a: { kind: "whole" }, isAdmin: { kind: "whole" } } });
    expect(read1).toEqual({ a: 1 });
    expect(Object.getPrototypeOf(read1)).toBe(Object.prototype);
  });

  it("fails on what was cut, wherever it was", () => {
    const text = JSON.stringify({ a: [{ name: "x", b: 'q"\\' }, 1.5], c: { d: null }, e: "f" });
    const wanted: Fields = { kind: "object", of: { a: { kind: "some", key: "name", values: ["x"], each: { kind: "whole" } }, e: { kind: "presence" } } };
    for (let length = 0; length < text.length; length += 1) expect(() => read(text.slice(0, length), wanted), text.slice(0, length)).toThrow(SyntaxError);
  });

  it.each(["", " ", "}", "]", ",", '{"a"}', '{"a":}', "{,}", '{"a":1,}', '{"a":1 "b":2}', '{a:1}', '{"a":1]', "[1,]"])("fails on %j", (text) => {
    for (const wanted of [{ kind: "object", of: { a: { kind: "whole" } } }, { kind: "list", each: { kind: "whole" } }] satisfies Fields[]) {
      expect(() => read(text, wanted)).toThrow(SyntaxError);
    }
  });

  it("passes over depth without end", () => {
    const deep = 1_000_000;
    expect(read(`{"a":${"[".repeat(deep)}${"]".repeat(deep)},"b":1}`, { kind: "object", of: { b: { kind: "whole" } } })).toEqual({ b: 1 });
  });
});
