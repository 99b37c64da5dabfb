import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, matchesGlob } from "node:path";

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
const fail = (reason) => {
  console.log(`::error::${reason}`);
  process.exit(1);
};
/** The artifacts of this workflow run, a folder each. */
const artifacts = join(process.env.STAND_INS_STORE, "artifacts", process.env.GITHUB_RUN_ID);

const name = input("name");
const path = input("path");
const all = existsSync(artifacts) ? readdirSync(artifacts) : [];
if (name !== "") {
  if (!all.includes(name)) fail(`Unable to download artifact(s): Artifact not found for name: ${name}`);
  mkdirSync(path, { recursive: true });
  cpSync(join(artifacts, name), path, { recursive: true });
} else {
  const found = all.filter((each) => matchesGlob(each, input("pattern")));
  console.log(`Filtered from ${all.length} to ${found.length} artifacts.`);
  for (const each of found) cpSync(join(artifacts, each), join(path, each), { recursive: true });
}
