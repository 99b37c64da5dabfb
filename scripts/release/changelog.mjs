/** Sections of CHANGELOG.md, which has the form of Keep a Changelog 1.1.0. */

const HEADING = /^## \[(?<version>[^\]]+)\](?: - (?<date>\d{4}-\d{2}-\d{2}))?$/;

/**
 * The section of a version, without its heading.
 *
 * @param {string} changelog text of the file
 * @param {string} version such as 1.2.3
 * @returns {{ date: string, text: string }}
 * @throws where there is none, none with a date, or an empty one
 */
export function changelogSection(changelog, version) {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => HEADING.exec(line)?.groups?.version === version);
  if (start === -1) throw new Error(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD": rename [Unreleased]`);
  const date = HEADING.exec(lines[start])?.groups?.date;
  if (date === undefined) throw new Error(`CHANGELOG.md has no date for ${version}: write "## [${version}] - YYYY-MM-DD"`);
  // The section ends at the next one, or at the links to which the headings refer.
  const length = lines.slice(start + 1).findIndex((line) => /^## |^\[[^\]]+\]: /.test(line));
  const text = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join("\n").trim();
  if (text === "") throw new Error(`CHANGELOG.md says nothing about ${version}`);
  return { date, text };
}
