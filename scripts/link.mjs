/** How esbuild links src/ and its dependencies into one module. */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const standIn = (name) => `${root}scripts/stand-ins/${name}.mjs`;

/** esbuild's options, except for the output path. */
export const LINK = {
  absWorkingDir: root,
  entryPoints: ["src/index.ts"],
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "none",
  // Of a package without an exports map, the ES modules: of CommonJS nothing can be left out.
  mainFields: ["module", "main"],
  alias: {
    ...Object.fromEntries(["undici", "open", "jsonwebtoken"].map((name) => [name, standIn(name)])),
    // Resolved from the root: @actions/github depends on an older major version, of which it calls nothing that differs.
    "@actions/http-client": "@actions/http-client",
  },
  // The action sends no forms. The SDK tests bodies for this global, for which Node would load its whole fetch: 27 ms of each run.
  define: { FormData: "undefined" },
  // CommonJS dependencies load Node's own modules with require.
  banner: { js: 'import { createRequire as createRequireForBundle } from "node:module";\nconst require = createRequireForBundle(import.meta.url);' },
};
