/** How esbuild links src/ and what it uses into one module. */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const standIn = (name) => `${root}scripts/stand-ins/${name}.mjs`;

/** esbuild's options, but for where the module goes. */
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
  alias: Object.fromEntries(["undici", "open", "jsonwebtoken"].map((name) => [name, standIn(name)])),
  // Nobody here sends forms. To look whether a body is one, the SDK names a global for which Node loads its whole fetch: 27 ms of each run.
  define: { FormData: "undefined" },
  // CommonJS dependencies ask for Node's own modules with require.
  banner: { js: 'import { createRequire as createRequireForBundle } from "node:module";\nconst require = createRequireForBundle(import.meta.url);' },
};
