import { describe, expect, it } from "vitest";
import { readError } from "../../../src/lib/http/read-error.ts";

const read = (body: unknown) => readError(400, JSON.stringify(body));
const inner = (error: unknown): unknown => ({ error: { code: "BadRequest", message: "The request is invalid.", ...(error as object) } });

describe("the reasons of an error", () => {
  it.each<[string, unknown, string]>([
    ["in details", inner({ details: [{ code: "InvalidParameter", message: "components is not supported for asm-1-24" }] }), "The request is invalid. | InvalidParameter: components is not supported for asm-1-24"],
    ["several levels deep", inner({ details: [{ code: "A", message: "one", details: [{ code: "B", message: "two" }] }] }), "The request is invalid. | A: one | B: two"],
    ["in innererror", inner({ innererror: { code: "QuotaExceeded", message: "no cores left" } }), "The request is invalid. | QuotaExceeded: no cores left"],
    ["in an innererror without a message", inner({ innererror: { code: "QuotaExceeded", innererror: { code: "Deeper" } } }), "The request is invalid. | QuotaExceeded | Deeper"],
    ["of a flat error with a subcode", { code: "OperationNotAllowed", message: "It is not allowed.", subcode: "ClusterStopped", details: null }, "It is not allowed. | ClusterStopped"],
    ["of a flat error whose details are a text", { code: "X", message: "It failed.", details: "the subnet is full" }, "It failed. | the subnet is full"],
    ["of a flat error whose details are JSON in a text", { code: "X", message: "It failed.", details: '[{"code":"SubnetFull","message":"no addresses"}]' }, "It failed. | SubnetFull: no addresses"],
    ["that the message repeats already are not said twice", inner({ details: [{ code: "C", message: "The request is invalid." }] }), "The request is invalid."],
    ["without a message of its own", { error: { code: "X", details: [{ code: "Y", message: "why" }] } }, "Y: why"],
  ])("%s", (_, body, message) => {
    expect(read(body).message).toBe(message);
  });

  it("are few, however many an answer holds", () => {
    let nested: unknown = { code: "end", message: "end" };
    for (let depth = 0; depth < 500; depth += 1) nested = { code: `c${depth}`, message: `m${depth}`, details: [nested] };
    expect(read({ error: nested }).reasons?.length).toBeLessThan(10);
  });

  it("of a Kubernetes Status stay in its message", () => {
    const status = { kind: "Status", reason: "Invalid", message: 'pods "x" is invalid', details: { name: "x", causes: [{ message: "no" }] } };
    expect(readError(422, JSON.stringify(status))).toEqual({ code: "Invalid", message: 'pods "x" is invalid' });
  });

  it("of an expired list hold the token to go on with", () => {
    const status = { kind: "Status", reason: "Expired", message: "too old", metadata: { continue: "next" } };
    expect(readError(410, JSON.stringify(status))).toMatchObject({ code: "Expired", continueToken: "next" });
  });
});
