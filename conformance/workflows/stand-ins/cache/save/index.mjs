import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, input, isValid } from "../cache.mjs";

const [key, path] = [input("key"), input("path")];
const folder = join(cache, createHash("sha256").update(key).digest("hex"));
if (!existsSync(path)) {
  console.log(`::warning::Path Validation Error: ${path} does not exist, hence no cache is being saved.`);
} else if (!isValid(key)) {
  console.log(`::warning::Key Validation Error: ${key} cannot contain commas.`);
} else if (existsSync(folder)) {
  console.log(`::warning::Failed to save: an entry with this key already exists: ${key}`);
} else {
  mkdirSync(folder, { recursive: true });
  cpSync(path, join(folder, "content"), { recursive: true });
  writeFileSync(join(folder, "key"), key);
  console.log(`Cache saved with key: ${key}`);
}
