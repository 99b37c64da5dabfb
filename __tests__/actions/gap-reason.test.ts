import { expect, it } from "vitest";
import { reasonHead } from "../../src/actions/gap-reason.ts";

it.each([
  ["Resource Manager answered 403: AuthorizationFailed: The client '0c7c' may not. Refresh.", "Resource Manager answered 403: AuthorizationFailed"],
  ["an entry is not an object.", "an entry is not an object"],
  ["connecting to management.local: ETIMEDOUT.", "connecting to management.local"],
  ["", ""],
  [": x", ": x"],
])("the reason %j begins with %j", (reason, head) => {
  expect(reasonHead(reason)).toBe(head);
});
