/**
 * What each check says in each situation, word for word. A change of words shows here as a change of the text beside this file:
 * `npx vitest run __tests__/checks/findings -u` writes it anew, and the difference is read before it is committed.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ADMISSION } from "./admission.ts";
import { asText } from "./as-text.ts";
import { AZURE } from "./azure.ts";
import { CNI_AGENT } from "./cni-agent.ts";
import { INJECTION } from "./injection.ts";
import { MECHANISM } from "./mechanism.ts";
import { PODS } from "./pods.ts";
import { WORKLOADS } from "./workloads.ts";

const TOPICS = [
  ["admission", ADMISSION],
  ["azure", AZURE],
  ["cni-agent", CNI_AGENT],
  ["injection", INJECTION],
  ["mechanism", MECHANISM],
  ["pods", PODS],
  ["workloads", WORKLOADS],
] as const;

test.each(TOPICS)("what the checks say: %s", async (topic, situations) => {
  await expect(asText(situations())).toMatchFileSnapshot(fileURLToPath(new URL(`${topic}.md`, import.meta.url)));
});

test.each(TOPICS)("a failure has a remedy, and one situation a name: %s", (_, situations) => {
  const all = situations();
  expect(all.filter(([, { result, remedy }]) => (result === "fail" || result === "warn") && remedy === "").map(([name]) => name)).toEqual([]);
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
});
