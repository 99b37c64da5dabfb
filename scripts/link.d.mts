import type { BuildOptions } from "esbuild";

export declare const LINK: BuildOptions;
