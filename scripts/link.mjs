/** Options with which esbuild links src/ and its dependencies into one module. */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const standIn = (name) => `${root}scripts/stand-ins/${name}.mjs`;

/** Options of esbuild, without the output file. */
export const LINK = {
  absWorkingDir: root,
  entryPoints: ["src/index.ts"],
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "none",
  alias: Object.fromEntries(["undici", "open", "jsonwebtoken"].map((name) => [name, standIn(name)])),
  // The action sends no forms. The SDK reads the global `FormData` to recognise one, for which Node loads all of fetch: 27 ms per run.
  define: { FormData: "undefined" },
  // CommonJS dependencies load Node's modules with require.
  banner: { js: 'import { createRequire as createRequireForBundle } from "node:module";\nconst require = createRequireForBundle(import.meta.url);' },
};
