/** Any character of Unicode, as `fc.string({ unit: "binary" })` has them: that one lists all million of them first, which takes seconds of CPU in each worker. */
import fc from "fast-check";

/** For `unit` of `fc.string`: any code point but surrogates. */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xd7ff }) },
  { weight: 2, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
).map((code) => String.fromCodePoint(code));
