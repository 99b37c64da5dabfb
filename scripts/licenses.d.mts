import type { Metafile } from "esbuild";

/** The licences of the packages whose code is in the bundle. Paths of the metafile are from `root`, which ends with a slash. */
export function licencesOf(metafile: Metafile, root: string): string;
