import { cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
const fail = (reason) => {
  console.log(`::error::${reason}`);
  process.exit(1);
};
/** The artifacts of this workflow run, a folder each. */
const artifacts = join(process.env.STAND_INS_STORE, "artifacts", process.env.GITHUB_RUN_ID);

const name = input("name");
const path = input("path");
// The characters that an artifact's name must not have.
if (/["<>:|*?\r\n\\/]/.test(name)) fail(`The artifact name is not valid: ${name}.`);
if (/[\n*?]/.test(path)) fail("The stand-in takes one path.");
if (!existsSync(path)) {
  const reason = `No files were found with the provided path: ${path}. No artifacts will be uploaded.`;
  const wanted = input("if-no-files-found");
  if (wanted === "error") fail(reason);
  if (wanted === "warn") console.log(`::warning::${reason}`);
} else {
  const target = join(artifacts, name);
  if (existsSync(target)) {
    if (input("overwrite") !== "true") fail(`Failed to CreateArtifact: an artifact with this name already exists on the workflow run: ${name}`);
    rmSync(target, { recursive: true });
  }
  mkdirSync(target, { recursive: true });
  cpSync(path, statSync(path).isDirectory() ? target : join(target, basename(path)), { recursive: true });
  console.log(`Artifact ${name} has been uploaded.`);
}
