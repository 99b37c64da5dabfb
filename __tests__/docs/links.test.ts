import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, isThere, markdownFiles, textOf, withoutCode } from "./repository.ts";

/** Hosts that pages may link to. The links are not followed: a test must not need the network. */
const HOSTS = [
  "azure.status.microsoft",
  "docs.github.com",
  "github.com",
  "istio.io",
  "kubernetes.io",
  "learn.microsoft.com",
  "login.microsoftonline.com",
  "registry.terraform.io",
  // Of Keep a Changelog, Semantic Versioning and the Contributor Covenant.
  "keepachangelog.com",
  "semver.org",
  "www.contributor-covenant.org",
];

interface Link {
  readonly from: string;
  readonly target: string;
}

function linksOf(from: string): readonly Link[] {
  const text = withoutCode(textOf(from));
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, target = ""]) => target);
  const references = [...text.matchAll(/^\[[^\]]+\]: *<?(\S+?)>?$/gm)].map(([, target = ""]) => target);
  const images = [...text.matchAll(/<(?:img|source|a)\b[^>]*\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target = ""]) => target);
  return [...inline, ...references, ...images].map((target) => ({ from, target }));
}

const all = markdownFiles().flatMap(linksOf);
const isExternal = ({ target }: Link): boolean => /^[a-z][a-z+.-]*:/i.test(target);
const links = all.filter((link) => !isExternal(link));

describe("links", () => {
  it("are looked for in every page", () => {
    expect(markdownFiles()).toEqual(expect.arrayContaining(["README.md", "SECURITY.md", "conformance/README.md", "docs/README.md", "docs/architecture.md", "docs/troubleshooting.md"]));
    expect(links.length).toBeGreaterThan(150);
  });

  it.each(links)("$from -> $target", ({ from, target }) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? from : posix.normalize(posix.join(posix.dirname(from), path));
    expect(file.startsWith(".."), `${file} is inside the repository`).toBe(false);
    expect(isThere(file), `${file} exists`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(textOf(file)), `anchors of ${file}`).toContain(anchor);
  });

  it.each(all.filter(isExternal))("$from -> $target: to a host that is known", ({ target }) => {
    const { protocol, hostname, username, port } = new URL(target);
    expect([protocol, username, port]).toEqual(["https:", "", ""]);
    expect(HOSTS).toContain(hostname);
  });

  it("that are written out lead to known hosts as well", () => {
    const written = markdownFiles().flatMap((from) => [...withoutCode(textOf(from)).replace(/`[^`]*`/g, "").matchAll(/(?<![(<"[])\bhttps?:\/\/[^\s)>\]`,]+/g)].map(([target]) => ({ from, target: target.replace(/[.:;]$/, "") })));
    expect(written.filter(({ target }) => !HOSTS.includes(new URL(target).hostname))).toEqual([]);
  });

  it("lead to every page of the documentation from its index, and to the index from the README", () => {
    expect(links).toContainEqual({ from: "README.md", target: "docs/README.md" });
    const pages = markdownFiles().filter((path) => /^docs\/[a-z-]+\.md$/.test(path));
    const indexed = links.filter(({ from }) => from === "docs/README.md").map(({ target }) => `docs/${target.split("#")[0] ?? ""}`);
    expect(pages.filter((path) => !indexed.includes(path))).toEqual([]);
  });

  it("lead to every decision record", () => {
    const records = markdownFiles().filter((path) => path.startsWith("docs/adr/"));
    for (const path of records) {
      expect(links.map(({ from, target }) => posix.join(posix.dirname(from), target))).toContain(path);
      const sections = [...textOf(path).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
      expect(sections, path).toEqual(["Context", "Decision", "Consequences"]);
    }
  });
});
