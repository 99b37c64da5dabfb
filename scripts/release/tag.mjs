/** Names of releases: `v1.2.3`, and the tags that follow them, `v1.2` and `v1`. */

const RELEASE = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/**
 * The parts of a release's tag.
 *
 * @param {string | undefined} tag
 * @returns {{ tag: string, version: string, parts: readonly [number, number, number], minorTag: string, majorTag: string }}
 * @throws where it is not of the form v1.2.3
 */
export function parseTag(tag) {
  const [, major, minor, patch] = RELEASE.exec(tag ?? "") ?? [];
  if (tag === undefined || major === undefined) throw new Error(`"${tag ?? ""}" is not the tag of a release, such as v1.2.3`);
  return { tag, version: tag.slice(1), parts: [Number(major), Number(minor), Number(patch)], minorTag: `v${major}.${minor}`, majorTag: `v${major}` };
}

/** Whether a text is the tag of a release. @param {string} tag */
export function isReleaseTag(tag) {
  return RELEASE.test(tag);
}

/** Order of two releases, by number. @param {ReturnType<typeof parseTag>} one @param {ReturnType<typeof parseTag>} other */
export function compareReleases(one, other) {
  const place = one.parts.findIndex((part, index) => part !== other.parts[index]);
  return place === -1 ? 0 : one.parts[place] - other.parts[place];
}
