/** Prints the notes of a release, Markdown: `node scripts/release/notes.mjs v1.2.3 owner/name`. */
import { readFileSync } from "node:fs";
import { changelogSection } from "./changelog.mjs";
import { parseTag } from "./tag.mjs";

const { tag, version, majorTag } = parseTag(process.argv[2]);
const repository = process.argv[3];
if (repository === undefined) throw new Error("usage: notes.mjs v1.2.3 owner/name");
const { text } = changelogSection(readFileSync("CHANGELOG.md", "utf8"), version);
// Relative links lead nowhere from the page of a release.
const linked = text.replace(/\]\((?![a-z]+:|#)([^)]+)\)/g, `](https://github.com/${repository}/blob/${tag}/$1)`);
console.log(`${linked}

### Verify

\`uses: ${repository}@${majorTag}\` follows this release; a full commit SHA stays. \`dist/\` was built from this tag by the release workflow:

\`\`\`sh
git clone --depth 1 --branch ${tag} https://github.com/${repository} istio-cni-aks
gh attestation verify istio-cni-aks/dist/index.js --repo ${repository}
\`\`\``);
