/** The name of this repository in its own files: `org/istio-cni-aks` until its owner is known. */
import { readFileSync, writeFileSync } from "node:fs";
import { git } from "./git.mjs";

const PLACEHOLDER = "org/istio-cni-aks";
/** The bundle is built again from src/. */
const BUILT = /^dist\//;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/;
/** In regular expressions the slash may be escaped. */
const forms = (name) => [name, name.replace("/", "\\/")];
/** No part of a longer name, such as `my-org/istio-cni-aks` or `org/istio-cni-aks-docs`. */
const whole = (form) => new RegExp(`(?<![\\w.-])${form.replace(/[\\/.]/g, "\\$&")}(?![\\w-])`, "g");

/** Tracked text files that name it so. This folder explains the placeholder, and keeps it. */
function filesWith(name) {
  const tracked = git("ls-files", "-z").split("\0").filter((path) => path !== "" && !BUILT.test(path) && !path.startsWith("scripts/release/") && !path.startsWith("__tests__/release/"));
  return tracked.flatMap((path) => {
    const text = readFileSync(path, "utf8");
    // Pictures and other binary files have a NUL.
    return !text.includes("\0") && forms(name).some((form) => whole(form).test(text)) ? [{ path, text }] : [];
  });
}

/** Paths that still have the placeholder, where the repository is another one. @param {string} repository owner/name */
export function placeholders(repository) {
  return repository === PLACEHOLDER ? [] : filesWith(PLACEHOLDER).map(({ path }) => path);
}

/**
 * Puts a repository's name in the place of the one that the files have.
 *
 * @param {string} repository owner/name
 * @param {string} now the name that the files have
 * @returns {readonly string[]} paths of the files that were changed
 */
export function renameRepository(repository, now = PLACEHOLDER) {
  for (const name of [repository, now]) if (!NAME.test(name)) throw new Error(`"${name}" is not a repository, owner/name`);
  const files = filesWith(now);
  for (const { path, text } of files) {
    const renamed = forms(now).reduce((result, form, index) => result.replace(whole(form), () => forms(repository)[index]), text);
    writeFileSync(path, renamed);
  }
  return files.map(({ path }) => path);
}
