/**
 * Writes the name of this repository into its files, once it has an owner, or when it moves:
 * `node scripts/release/set-owner.mjs contoso/istio-cni-aks [name in the files, org/istio-cni-aks by default]`.
 */
import { renameRepository } from "./own-repository.mjs";

const [, , repository = "", now] = process.argv;
const changed = renameRepository(repository, now);
for (const path of changed) console.log(path);
console.log(changed.length === 0 ? "Nothing to replace." : `Replaced in ${changed.length} files. Then: npm run build, npm run docs, npm test, and commit dist/ with them.`);
