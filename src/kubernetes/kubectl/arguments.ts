/** Questions and writes as arguments of kubectl, one text each: nothing here is for a shell to take apart. */
import { FIELD_MANAGER, type Query, type Write } from "../query.ts";
import { checkQuery, parsePath } from "../resource-path.ts";

/** A kubectl call, and what it reads. */
export interface KubectlCall {
  readonly args: readonly string[];
  readonly stdin: string;
}

/** kubectl's own patience with one request. */
export const REQUEST_TIMEOUT = "--request-timeout=60s";

/**
 * The path of a list up to its limit: the number follows, and where it goes on.
 *
 * @throws ActionError for names that Kubernetes would not accept
 */
export function listPath(query: Query, path: string): string {
  parsePath(path, query.doing);
  const selectors = query.query === undefined ? "" : `${checkQuery(query.query, query.doing)}&`;
  return `${path}?${selectors}limit=`;
}

/**
 * The call that gets one object.
 *
 * @throws ActionError for names that Kubernetes would not accept
 */
export function getCall(path: string, doing: string): KubectlCall {
  parsePath(path, doing);
  return { args: ["get", "--raw", path, REQUEST_TIMEOUT], stdin: "" };
}

/**
 * The call that writes. Creating is raw: kubectl asks for no schema first, and passes the server's words on as they are.
 * Patching cannot be; kubectl reads the object first, so it takes the right to get it too.
 *
 * @throws ActionError for names that Kubernetes would not accept
 */
export function writeCall(write: Write): KubectlCall {
  const { group, version, namespace, resource, name } = parsePath(write.path, write.doing);
  const body = JSON.stringify(write.body);
  if (write.verb === "create") {
    const query = `fieldManager=${FIELD_MANAGER}${write.dryRun ? "&dryRun=All" : ""}`;
    return { args: ["create", "--raw", `${write.path}?${query}`, "--filename=-", REQUEST_TIMEOUT], stdin: body };
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
