/** dist/licenses.txt: the licence of every package whose code is in the bundle. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { licencesOf } from "../../scripts/licenses.mjs";
import { LINK } from "../../scripts/link.mjs";
import { temporaryFolder, type TemporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { textOf } from "../docs/repository.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("dist/licenses.txt", () => {
  const committed = textOf("dist/licenses.txt");
  let metafile: Metafile;
  beforeAll(async () => {
    ({ metafile } = await build({ ...LINK, write: false, outfile: `${ROOT}build/index.mjs`, metafile: true, logLevel: "error" }));
  });

  it("is what npm run build writes", () => {
    expect(committed).toBe(licencesOf(metafile, ROOT));
  });

  it("names every dependency of package.json: all of them are bundled", () => {
    const { dependencies } = JSON.parse(textOf("package.json")) as { dependencies: Readonly<Record<string, string>> };
    for (const [name, version] of Object.entries(dependencies)) expect(committed).toMatch(new RegExp(`^${name} ${version.replaceAll(".", "\\.")} \\(`, "m"));
  });

  it("names no development dependency: none is bundled", () => {
    const { devDependencies } = JSON.parse(textOf("package.json")) as { devDependencies: Readonly<Record<string, string>> };
    for (const name of Object.keys(devDependencies)) expect(committed).not.toMatch(new RegExp(`^${name} \\d`, "m"));
  });
});

describe("licences", () => {
  /** A bundle of packages with these files. */
  function bundleOf(folder: TemporaryFolder, packages: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
    writeFileSync(`${folder.path}/LICENSE`, "ours");
    const inputs: Record<string, { bytesInOutput: number }> = { "src/index.ts": { bytesInOutput: 1 } };
    for (const [name, files] of Object.entries(packages)) {
      mkdirSync(`${folder.path}/node_modules/${name}`, { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(`${folder.path}/node_modules/${name}/${file}`, text);
      inputs[`node_modules/${name}/index.js`] = { bytesInOutput: 1 };
    }
    inputs["node_modules/left-out/index.js"] = { bytesInOutput: 0 };
    return licencesOf({ inputs: {}, outputs: { "build/index.mjs": { bytes: 1, inputs, imports: [], exports: [] } } }, `${folder.path}/`);
  }
  const manifest = (name: string, license?: string, author?: string): string => JSON.stringify({ name, version: "1.0.0", license, author });

  it("give one text once, with the packages that it is for, and leave out what the bundle left out", () => {
    using folder = temporaryFolder();
    const text = bundleOf(folder, { a: { "package.json": manifest("a", "MIT"), LICENSE: "Copyright A\n" }, "@b/c": { "package.json": manifest("@b/c", "MIT"), "LICENSE.md": "Copyright A" } });
    expect(text).toContain("@b/c 1.0.0 (MIT)\na 1.0.0 (MIT)\n\nCopyright A\n");
    expect(text).not.toContain("left-out");
  });

  it("come with the notice that Apache's asks for, and with the author where a package has no text", () => {
    using folder = temporaryFolder();
    const text = bundleOf(folder, { a: { "package.json": manifest("a", "Apache-2.0"), LICENSE: "Apache", NOTICE: "a by A" }, b: { "package.json": manifest("b", "ISC", "Grace") } });
    expect(text).toContain("Apache\n\nNOTICE\n\na by A");
    expect(text).toContain("b 1.0.0 (ISC)\n\nISC. The package has no licence file. Author: Grace");
  });

  it.each(["GPL-3.0-only", undefined])("end the build where a package has the licence %s", (license) => {
    using folder = temporaryFolder();
    expect(() => bundleOf(folder, { a: { "package.json": manifest("a", license) } })).toThrow("a 1.0.0 has the licence");
  });
});
