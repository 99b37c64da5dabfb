import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, isThere, markdownFiles, textOf, withoutCode } from "./repository.ts";

interface Link {
  readonly from: string;
  readonly target: string;
}

function linksOf(from: string): readonly Link[] {
  const text = withoutCode(textOf(from));
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, target = ""]) => target);
  return inline.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target)).map((target) => ({ from, target }));
}

const links = markdownFiles().flatMap(linksOf);

describe("links", () => {
  it("are looked for in every page", () => {
    expect(markdownFiles()).toEqual(expect.arrayContaining(["README.md", "docs/architecture.md", "docs/troubleshooting.md"]));
    expect(links.length).toBeGreaterThan(30);
  });

  it.each(links)("$from -> $target", ({ from, target }) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? from : posix.normalize(posix.join(posix.dirname(from), path));
    expect(file.startsWith(".."), `${file} is inside the repository`).toBe(false);
    expect(isThere(file), `${file} exists`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(textOf(file)), `anchors of ${file}`).toContain(anchor);
  });

  it("lead to every decision record", () => {
    const records = markdownFiles().filter((path) => path.startsWith("docs/adr/"));
    for (const path of records) {
      expect(links.map(({ target }) => target)).toContain(path);
      const sections = [...textOf(path).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
      expect(sections, path).toEqual(["Context", "Decision", "Consequences"]);
    }
  });
});
