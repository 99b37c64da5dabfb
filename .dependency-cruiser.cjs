/** Import rules of docs/architecture.md: imports point down the list of folders, never up. */

/** From top to bottom. `report`, `github`, `azure` and `kubernetes` stand side by side; only `github` may use `report`. */
const ALLOWED = {
  actions: ["actions", "phases", "checks", "istio", "report", "github", "azure", "kubernetes", "lib"],
  phases: ["phases", "checks", "istio", "azure", "kubernetes", "lib"],
  checks: ["checks", "istio", "lib"],
  istio: ["istio", "lib"],
  github: ["github", "report", "lib"],
  report: ["report", "lib"],
  azure: ["azure", "lib"],
  kubernetes: ["kubernetes", "lib"],
  lib: ["lib"],
};

const direction = Object.entries(ALLOWED).map(([folder, allowed]) => ({
  name: `${folder}-imports-down`,
  comment: `src/${folder}/ may import src/contract.ts and ${allowed.map((name) => `src/${name}/`).join(", ")}.`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: ["^src/contract\\.ts$", ...allowed.map((name) => `^src/${name}/`)] },
}));

module.exports = {
  forbidden: [
    ...direction,
    { name: "no-circles", comment: "Of types as well.", severity: "error", from: {}, to: { circular: true } },
    { name: "contract-imports-nothing", severity: "error", from: { path: "^src/contract\\.ts$" }, to: { path: "." } },
    { name: "actions-stand-alone", comment: "An action does not import another action.", severity: "error", from: { path: "^src/actions/([^/]+)/" }, to: { path: "^src/actions/[^/]+/", pathNot: "^src/actions/$1/" } },
    { name: "pure-folders", comment: "Facts, checks, plans and pages are pure: no network, no files, no packages but types.", severity: "error", from: { path: "^src/(istio|checks|report|phases/plan)/" }, to: { path: "^(node:)?(fs|net|tls|http|https|child_process|timers)|^src/(azure|kubernetes)/|node_modules/", dependencyTypesNot: ["type-only"] } },
    { name: "actions-toolkit-in-github", severity: "error", from: { path: "^src/", pathNot: "^src/github/" }, to: { path: "node_modules/(@actions|@octokit)/" } },
    { name: "azure-sdk-in-azure", severity: "error", from: { path: "^src/", pathNot: "^src/(azure/|lib/http)" }, to: { path: "node_modules/@azure/" } },
    { name: "kubernetes-client-for-types", severity: "error", from: { path: "^src/" }, to: { path: "node_modules/@kubernetes/", dependencyTypesNot: ["type-only"] } },
    { name: "simulator-stays-out", severity: "error", from: { path: "^src/" }, to: { path: "^(simulator|__tests__|bench|conformance)/" } },
    { name: "simulator-stands-alone", comment: "A simulator that shares our code shares our mistakes.", severity: "error", from: { path: "^simulator/" }, to: { path: "^src/" } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|build)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
