import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cache, input, isValid } from "../cache.mjs";

const keys = [input("key"), ...input("restore-keys").split("\n").map((key) => key.trim())].filter((key) => key !== "");
if (!keys.every(isValid)) {
  console.log(`::error::Key Validation Error: ${keys.find((key) => !isValid(key))} cannot contain commas.`);
  process.exit(1);
}
const entries = (existsSync(cache) ? readdirSync(cache) : [])
  .map((folder) => ({ folder: join(cache, folder), key: readFileSync(join(cache, folder, "key"), "utf8") }))
  .sort((a, b) => statSync(b.folder).birthtimeMs - statSync(a.folder).birthtimeMs);
const found = keys.flatMap((key) => [...entries.filter((entry) => entry.key === key), ...entries.filter((entry) => entry.key.startsWith(key))])[0];
if (found === undefined) {
  console.log(`Cache not found for input keys: ${keys.join(", ")}`);
} else {
  cpSync(join(found.folder, "content"), input("path"), { recursive: true });
  appendFileSync(process.env.GITHUB_OUTPUT, `cache-hit=${found.key === keys[0]}\n`);
  console.log(`Cache restored from key: ${found.key}`);
}
