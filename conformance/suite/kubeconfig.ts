/** The kubeconfig that the suite is given: where the API server is, and whom the action can be run as. */
import { existsSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { isJson, type Json, objectsAt, textAt, valueAt } from "../../simulator/lib/json.ts";

/** How one asks the API server as a user. */
export type Credentials =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "certificate"; readonly cert: string; readonly key: string };

/** Users of the token file that conformance/up makes; see its kubeconfig.sh. */
export const USERS = ["reader", "writer", "cluster-admin", "two-namespaces", "nobody"] as const;
export type User = (typeof USERS)[number];

export interface Target {
  /** Path of the file. */
  readonly file: string;
  /** https://host:port, without a trailing slash. */
  readonly origin: string;
  /** PEM of its authority. */
  readonly authority: string;
  readonly admin: Credentials;
  readonly tokens: Readonly<Partial<Record<User, string>>>;
  /** The revision whose injector is installed, as AKS names it. */
  readonly revision: string;
  /** A second one, which only the last file of expectations uses; undefined where there is none. */
  readonly olderRevision: string | undefined;
  /** Path of the API server's audit log; undefined where it is not known. */
  readonly auditLog: string | undefined;
  /** Where etcd answers; undefined where it is not known. */
  readonly etcd: string | undefined;
  /** The folder of conformance/up, whose programs the suite may interrupt; undefined for another cluster. */
  readonly state: string | undefined;
}

const VARIABLE = "CONFORMANCE_KUBECONFIG";

/** Where conformance/up puts its own, unless it is told another folder. */
function fileOfUp(): string {
  return join(process.env["CONFORMANCE_STATE"] ?? join(tmpdir(), `istio-cni-aks-conformance-${userInfo().uid}`), "kubeconfig");
}

function decoded(value: Json | undefined): string | undefined {
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : undefined;
}

function named(document: Json, list: string, name: string | undefined): Json | undefined {
  return objectsAt(document, list).find((entry) => textAt(entry, "name") === name);
}

function credentialsOf(document: Json, user: string | undefined): Credentials | undefined {
  const entry = valueAt(named(document, "users", user), "user");
  const token = textAt(entry, "token");
  if (token !== undefined) return { kind: "token", token };
  const cert = decoded(valueAt(entry, "client-certificate-data"));
  const key = decoded(valueAt(entry, "client-key-data"));
  return cert === undefined || key === undefined ? undefined : { kind: "certificate", cert, key };
}

/** Reads the file that CONFORMANCE_KUBECONFIG names, or that of conformance/up. The current context's user must be an administrator. */
export function readTarget(): Target {
  const given = process.env[VARIABLE] ?? "";
  const file = given === "" ? fileOfUp() : given;
  if (!existsSync(file)) throw new Error(`There is no ${file}. Run conformance/up first, or set ${VARIABLE} to another cluster's kubeconfig.`);
  const document: unknown = parse(readFileSync(file, "utf8"));
  if (!isJson(document)) throw new Error(`${file} is no kubeconfig.`);
  const context = valueAt(named(document, "contexts", textAt(document, "current-context")), "context");
  const cluster = valueAt(named(document, "clusters", textAt(context, "cluster")), "cluster");
  const origin = textAt(cluster, "server")?.replace(/\/$/, "");
  const authority = decoded(valueAt(cluster, "certificate-authority-data"));
  const admin = credentialsOf(document, textAt(context, "user"));
  if (origin === undefined || authority === undefined || admin === undefined) {
    throw new Error(`The current context of ${file} must name a server, certificate-authority-data, and a token or a client certificate.`);
  }
  const extension = valueAt(named(document, "extensions", "conformance"), "extension");
  const tokens: Partial<Record<User, string>> = {};
  for (const user of USERS) {
    const credentials = credentialsOf(document, `conformance-${user}`);
    if (credentials?.kind === "token") tokens[user] = credentials.token;
  }
  const revision = textAt(extension, "revision") ?? "asm-1-30";
  const known = (name: string): string | undefined => textAt(extension, name);
  const [olderRevision, auditLog, etcd, state] = [known("olderRevision"), known("auditLog"), known("etcd"), known("state")];
  return { file, origin, authority, admin, tokens, revision, olderRevision, auditLog, etcd, state };
}
