/**
 * Moves the tags that follow a release, v1 and v1.2 for v1.2.3, and pushes them: `node scripts/release/move-tags.mjs v1.2.3 [--back]`.
 * A tag does not go back to an older release, such as when 1.2.9 is released after 1.3.0; with --back it does: that is how a release is
 * revoked.
 */
import { git } from "./git.mjs";
import { compareReleases, isReleaseTag, parseTag } from "./tag.mjs";

const [, , tag, option] = process.argv;
const release = parseTag(tag);
if (option !== undefined && option !== "--back") throw new Error(`unknown option ${option}`);
git("fetch", "--quiet", "--tags", "--force", "origin");
const commit = git("rev-parse", `${release.tag}^{commit}`);
const releases = git("tag", "--list", "v*").split("\n").filter(isReleaseTag).map(parseTag);

const moved = [release.majorTag, release.minorTag].filter((following) => {
  const newer = releases.filter((other) => `${other.tag}.`.startsWith(`${following}.`) && compareReleases(other, release) > 0);
  if (newer.length === 0 || option === "--back") return true;
  console.log(`${following} stays: ${newer.map((other) => other.tag).join(", ")} ${newer.length === 1 ? "is" : "are"} newer than ${release.tag}`);
  return false;
});
// Plain tags without a release of their own: an immutable release locks its tag, and no other.
for (const following of moved) git("tag", "--force", following, commit);
if (moved.length > 0) git("push", "--quiet", "--force", "origin", ...moved.map((following) => `refs/tags/${following}`));
for (const following of moved) console.log(`${following} -> ${release.tag} (${commit})`);
