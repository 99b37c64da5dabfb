/** Queries and writes as arguments of kubectl. Each argument is one text: no shell interprets it. */
import { FIELD_MANAGER, type Write, writeParameters } from "../query.ts";
import { parsePath } from "../resource-path.ts";

/** The arguments and the standard input of a kubectl call. */
export interface KubectlCall {
  readonly args: readonly string[];
  readonly stdin: string;
}

/** kubectl's timeout for one request. */
export const REQUEST_TIMEOUT = "--request-timeout=60s";

/**
 * The call that gets one object.
 *
 * @throws ActionError `InvalidName` for names that Kubernetes does not accept
 */
export function getCall(path: string, doing: string): KubectlCall {
  parsePath(path, doing);
  return { args: ["get", "--raw", path, REQUEST_TIMEOUT], stdin: "" };
}

/**
 * The call that writes. Create is a raw request: kubectl then fetches no schema, and prints the response unchanged. There is no raw
 * patch: kubectl reads the object first, so the identity also needs the right to get it.
 *
 * @throws ActionError `InvalidName` for names that Kubernetes does not accept
 */
export function writeCall(write: Write): KubectlCall {
  const { group, version, namespace, resource, name } = parsePath(write.path, write.doing);
  const body = JSON.stringify(write.body);
  if (write.verb === "create") {
    return { args: ["create", "--raw", `${write.path}?${writeParameters(write)}`, "--filename=-", REQUEST_TIMEOUT], stdin: body };
  }
  return {
    args: [
      "patch",
      `${resource}.${version}.${group}`,
      name,
      ...(namespace === "" ? [] : [`--namespace=${namespace}`]),
      "--type=merge",
      `--patch=${body}`,
      `--field-manager=${FIELD_MANAGER}`,
      ...(write.dryRun ? ["--dry-run=server"] : []),
      "--output=json",
      REQUEST_TIMEOUT,
    ],
    stdin: "",
  };
}
