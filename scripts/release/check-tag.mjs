/**
 * Checks what has to agree before a tag is released: `node scripts/release/check-tag.mjs v1.2.3 owner/name [branch]`.
 * All that disagrees is printed, and the exit code is 1.
 */
import { existsSync, readFileSync } from "node:fs";
import { changelogSection } from "./changelog.mjs";
import { git } from "./git.mjs";
import { placeholders } from "./own-repository.mjs";
import { parseTag } from "./tag.mjs";

const [, , tag, repository, branch = "origin/main"] = process.argv;
const { version } = parseTag(tag);
if (repository === undefined) throw new Error("usage: check-tag.mjs v1.2.3 owner/name [branch]");
const problems = [];

const stated = JSON.parse(readFileSync("package.json", "utf8")).version;
if (stated !== version) problems.push(`package.json has the version ${stated}: npm version --no-git-tag-version ${version}`);
const inSource = /VERSION = "([^"]+)"/.exec(readFileSync("src/lib/version.ts", "utf8"))?.[1];
if (inSource !== version) problems.push(`src/lib/version.ts has the version ${inSource}`);
try {
  changelogSection(readFileSync("CHANGELOG.md", "utf8"), version);
} catch (error) {
  problems.push(error.message);
}
for (const path of placeholders(repository)) problems.push(`${path} names another repository than ${repository}: node scripts/release/set-owner.mjs ${repository}`);
const owners = ".github/CODEOWNERS";
if (existsSync(owners) && /@org\//.test(readFileSync(owners, "utf8"))) problems.push(`${owners} names @org/maintainers: put the owners in their place`);
// A tag on a branch of its own would release what nobody has reviewed.
const commit = git("rev-parse", `${tag}^{commit}`);
if (git("branch", "--all", "--contains", commit, "--format=%(refname:short)").split("\n").every((name) => name !== branch)) problems.push(`${tag} is not on ${branch}`);

for (const problem of problems) console.log(process.env.GITHUB_ACTIONS === "true" ? `::error title=Release::${problem}` : problem);
process.exitCode = problems.length === 0 ? 0 : 1;
