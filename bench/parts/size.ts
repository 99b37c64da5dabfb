/** The size of dist/, and the share of each package. */
import { LINK } from "../../scripts/link.mjs";
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PartResults } from "../figures.ts";
import { ROOT } from "../measure-process.ts";
import { build } from "esbuild";

/** Bytes; the budget of dist/. */
export const LARGEST_DIST = 2_200_000;
const SHOWN_PACKAGES = 12;

/** Bytes of all files in dist/. */
export async function distBytes(): Promise<number> {
  const dist = fileURLToPath(new URL("dist/", ROOT));
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(`${entry.parentPath}/${entry.name}`)));
  return sizes.reduce((sum, { size: bytes }) => sum + bytes, 0);
}

/** Bytes in the bundle by npm package, the largest first; the project's own code is `src`. */
export async function bytesByPackage(minified: boolean): Promise<readonly (readonly [string, number])[]> {
  const { metafile } = await build({ ...LINK, write: false, metafile: true, minify: minified });
  const sums = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split("/", 1)[0] ?? path;
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

export async function size(): Promise<PartResults> {
  const [bytes, packages, minified] = await Promise.all([distBytes(), bytesByPackage(false), bytesByPackage(true)]);
  const total = packages.reduce((sum, [, part]) => sum + part, 0);
  const rest = packages.slice(SHOWN_PACKAGES);
  const shownRows: readonly (readonly [string, number])[] = [...packages.slice(0, SHOWN_PACKAGES), [`${rest.length} more`, rest.reduce((sum, [, part]) => sum + part, 0)]];
  return {
    part: "size",
    title: "Size of dist/",
    figures: [
      {
        name: "dist/",
        value: bytes / 1e6,
        unit: "MB",
        baseline: { name: "the same, minified", value: minified.reduce((sum, [, part]) => sum + part, 0) / 1e6 },
        budget: { text: "at most 2.2 MB", met: bytes <= LARGEST_DIST },
      },
    ],
    details: shownRows.map(([name, part]) => `${(part / 1000).toFixed(0).padStart(5)} kB ${((100 * part) / total).toFixed(1).padStart(5)} %  ${name}`),
  };
}
