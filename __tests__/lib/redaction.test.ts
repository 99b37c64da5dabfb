import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rememberSecret, withoutSecrets } from "../../src/lib/redaction.ts";
import { excerpt } from "../../src/report/escape.ts";

const SECRET = "Kq8~Q+x/3 b&<'\"=ü%v.Zt-9_";
rememberSecret(SECRET);

describe("a remembered secret", () => {
  it.each([
    ["as it is", SECRET],
    ["in a URL", encodeURIComponent(SECRET)],
    ["in a URL, in lower case", encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ["in a form", new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ["in JSON", JSON.stringify(SECRET).slice(1, -1)],
    ["in HTML", SECRET.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")],
  ])("is cut out %s", (_, form) => {
    expect(withoutSecrets(`you sent ${form}, which is wrong, ${form}`)).toBe("you sent ***, which is wrong, ***");
  });

  it.each(["base64", "base64url"] as const)("is cut out of %s, wherever in it the secret is", (alphabet) => {
    for (const before of ["", ":", "c:", "client:"]) {
      for (const after of ["", "\n", "xy"]) {
        const told = withoutSecrets(`Basic ${Buffer.from(`${before}${SECRET}${after}`).toString(alphabet)}`);
        expect(told).toContain("***");
        // What is left holds what stood around the secret, and at most a letter of it on each side.
        expect(told.replace("***", "").length).toBeLessThan("Basic ".length + 20);
      }
    }
  });

  it("is cut out of an excerpt that ends within it", () => {
    expect(excerpt(`${"x".repeat(95)}${SECRET}`, 100)).toBe(`${"x".repeat(95)}***`);
    const long = `eyJ${"h".repeat(40)}.${"p".repeat(3000)}.${"s".repeat(300)}`;
    expect(excerpt(`Resource Manager was sent ${long}`, 100)).toBe("Resource Manager was sent ***");
    expect(excerpt(`${"\u200b".repeat(300)}${long}`, 100)).toBe("***");
  });

  it("of several lines is cut out line by line, and of a token the signature alone", () => {
    const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    rememberSecret(`-----BEGIN PRIVATE KEY-----\n${line}\n${line.toLowerCase()}\nab\n-----END PRIVATE KEY-----\n`);
    expect(withoutSecrets(`-----BEGIN PRIVATE KEY----- ${line} ab ${line.toLowerCase()}`)).toBe("-----BEGIN PRIVATE KEY----- *** ab ***");
    rememberSecret(`eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvIn0.${"s1gnature".repeat(4)}`);
    expect(withoutSecrets(`signature ${"s1gnature".repeat(4)}, claims eyJzdWIiOiJyZXBvIn0`)).toBe("signature ***, claims eyJzdWIiOiJyZXBvIn0");
  });

  it("is not looked for where it is too short to be told from a word", () => {
    rememberSecret("cluster");
    rememberSecret("  ");
    expect(withoutSecrets("the cluster is Updating")).toBe("the cluster is Updating");
  });

  it("is cut out of any text, whatever stands around it, and nothing else is", () => {
    const words = fc.array(fc.constantFrom("the cluster ", "is ", "Updating ", "\n", "%20", "\ud800", "*", '"'), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(words, words, (before, after) => {
        expect(withoutSecrets(`${before}${SECRET}${after}`)).toBe(`${before}***${after}`);
        expect(withoutSecrets(before)).toBe(before);
      }),
    );
  });
});
