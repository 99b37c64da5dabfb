/** The house: imports point down the table of docs/architecture.md, never up. */
const foundation = "^src/(contract|clock|duration|log|secrets|errors|error-table|run-context|late-role|run-tool|input-reader|http|http-client)\\.ts$";
const only = (name, from, allowed, comment) => ({
  name,
  severity: "error",
  comment,
  from: { path: from },
  to: { path: "^src/", pathNot: [foundation, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    only("foundation-stands-alone", foundation, [], "The foundation knows no room."),
    { name: "mesh-is-pure", severity: "error", comment: "mesh/ knows the contract's vocabulary and Kubernetes' types, and nothing else.", from: { path: "^src/mesh/" }, to: { pathNot: ["^src/mesh/", "^src/contract\\.ts$", "node_modules/@kubernetes/"] } },
    only("azure-knows-azure", "^src/azure/", ["^src/azure/"]),
    only("kubernetes-knows-kubernetes", "^src/kubernetes/", ["^src/kubernetes/"]),
    only("report-knows-the-contract", "^src/report/", ["^src/report/"]),
    only("inputs-know-nothing", "^src/inputs\\.ts$", []),
    only("discover-knows-azure-and-report", "^src/discover/", ["^src/discover/", "^src/(azure|report)/", "^src/host\\.ts$", "^src/mesh/(json|scope)\\.ts$"]),
    only("fleet-knows-reports-only", "^src/fleet/", ["^src/fleet/", "^src/report/", "^src/host\\.ts$", "^src/mesh/(json|scope)\\.ts$"]),
    { name: "fleet-is-pure-but-for-its-files", severity: "error", comment: "Merging and telling do not look at the disk.", from: { path: "^src/fleet/(fleet|summary|expected|decode-report)\\.ts$" }, to: { path: "^(node:)?fs" } },
    { name: "plan-and-verify-are-pure", severity: "error", comment: "They judge what was seen; they do not look.", from: { path: "^src/(plan|plan-in-cluster|verify)\\.ts$" }, to: { path: "^src/(azure|kubernetes|report)/" } },
    { name: "corridor-does-not-tell", severity: "error", comment: "Only record and tell know the report.", from: { path: "^src/(observe|observe-mesh|probe|mesh-questions|looks|plan|plan-in-cluster|apply|apply-in-cluster|label-namespaces|restart-workloads|verify|ledger|switch-redirection)\\.ts$" }, to: { path: "^src/(report/|main|tell|record|host)" } },
    { name: "core-is-for-host-and-report", severity: "error", from: { path: "^src/", pathNot: ["^src/report/", "^src/host\\.ts$"] }, to: { path: "node_modules/@actions/" } },
    { name: "azure-sdk-stays-in-azure", severity: "error", from: { path: "^src/", pathNot: ["^src/azure/"] }, to: { path: "node_modules/@azure/", pathNot: ["node_modules/@azure/core-(rest-pipeline|auth)/"] } },
    { name: "types-only-kubernetes-client", severity: "error", from: { path: "^src/" }, to: { path: "node_modules/@kubernetes/", dependencyTypesNot: ["type-only"] } },
    { name: "simulator-stays-out", severity: "error", from: { path: "^src/" }, to: { path: "^(simulator|__tests__)/" } },
    { name: "simulator-models-alone", severity: "error", comment: "A simulator that shares our code shares our mistakes.", from: { path: "^simulator/" }, to: { path: "^src/" } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|build)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
