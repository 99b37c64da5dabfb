/** All targets, by the name of their file and of the folder of their corpus. */
import type { Target } from "./target.ts";

/** Loaded one by one, so that the coverage of one is not mixed with that of another. */
export const TARGETS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  protobuf: () => import("./targets/protobuf.ts"),
  "run-command": () => import("./targets/run-command.ts"),
  "command-results": () => import("./targets/command-results.ts"),
  "kubectl-stderr": () => import("./targets/kubectl-stderr.ts"),
  "arm-errors": () => import("./targets/arm-errors.ts"),
  "put-body": () => import("./targets/put-body.ts"),
  kubeconfig: () => import("./targets/kubeconfig.ts"),
  "fleet-reports": () => import("./targets/fleet-reports.ts"),
  "resource-ids": () => import("./targets/resource-ids.ts"),
  inputs: () => import("./targets/inputs.ts"),
};
