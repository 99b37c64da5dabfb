/** Finds the names that were meant by names that are not known. Pure. */

/** A name that is not known, and the known one that is nearest to it. */
export interface NearMiss {
  readonly given: string;
  readonly meant: string;
}

/** The names that are not known but near to a known one: misspelled, with words more (`cluster-name`) or with words less (`subscription`). */
export function nearMisses(given: readonly string[], known: readonly string[]): readonly NearMiss[] {
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const [nearest] = known
        .map((candidate) => ({ candidate, distance: distanceBetween(words(name), words(candidate)) }))
        .filter(({ distance }) => distance < FAR)
        .sort((one, other) => one.distance - other.distance);
      return nearest === undefined ? [] : [{ given: name, meant: nearest.candidate }];
    });
}

const FAR = 10;
/** A difference in words counts more than any misspelling. */
const OTHER_WORDS = 5;

/** `resource_group` and `resource group` are the same words. */
function words(name: string): readonly string[] {
  return name.toLowerCase().split(/[-_ ]+/).filter((word) => word !== "");
}

function distanceBetween(one: readonly string[], other: readonly string[]): number {
  const [text, otherText] = [one.join(""), other.join("")];
  const edits = editDistance(text, otherText);
  // One edit in four letters, and at most two.
  if (edits <= Math.min(2, Math.floor(Math.max(text.length, otherText.length) / 4))) return edits;
  const [fewer, more] = one.length < other.length ? [one, other] : [other, one];
  const difference = more.length - fewer.length;
  const isPart = fewer.length > 0 && (areEqual(more.slice(0, fewer.length), fewer) || areEqual(more.slice(difference), fewer));
  return isPart ? OTHER_WORDS + difference : FAR;
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}

/** Levenshtein's distance: the fewest letters to insert, remove or replace. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index += 1) {
    const next = [index + 1];
    for (let at = 0; at < other.length; at += 1) {
      next.push(Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (one[index] === other[at] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
