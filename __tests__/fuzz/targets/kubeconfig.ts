/**
 * Kubeconfigs: Azure's, and the one of the runner's kubectl as it prints it. A server is https, and has neither a user nor a password in its
 * URL; everything else is refused as no kubeconfig.
 */
import assert from "node:assert/strict";
import { type ApiServer, readKubeconfig } from "../../../src/kubernetes/direct/kubeconfig.ts";
import { contextAuthority, currentContext } from "../../../src/kubernetes/kubectl/context.ts";
import { ActionError } from "../../../src/lib/errors.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { Choices } from "../choices.ts";
import type { Target } from "../target.ts";

const { context } = simulatedContext();

async function fuzz(data: Buffer): Promise<string> {
  const choices = new Choices(data);
  const isOfKubectl = choices.below(4) === 3;
  const exitCode = choices.below(4) === 3 ? 1 : 0;
  const text = choices.rest().toString("utf8");
  return isOfKubectl ? readContext(text, exitCode) : readServer(text);
}

function readServer(yaml: string): string {
  let server: ApiServer;
  try {
    server = readKubeconfig(yaml);
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "InvalidKubeconfig") throw error;
    return error.message.slice(0, 60);
  }
  const { protocol, username, password, search, hash, hostname } = new URL(server.url);
  assert.equal(protocol, "https:", "a server is https");
  assert.equal(`${username}${password}${search}${hash}`, "", "a server's URL has a host and a path");
  assert.notEqual(hostname, "", "a server has a host");
  assert(!server.url.endsWith("/"), "paths are appended to the URL");
  assert(new URL(`${server.url}/api/v1/pods`).hostname === hostname, "a path does not change the host");
  return `${server.ca === undefined ? "" : "authority"} ${server.clientCertificate === undefined ? "" : "certificate"} ${server.url.length > 8 + hostname.length}`;
}

/** Reads what kubectl prints. */
async function readContext(stdout: string, exitCode: number): Promise<string> {
  const run = (): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> => Promise.resolve({ exitCode, stdout, stderr: stdout });
  try {
    const { name, server } = await currentContext(run, context);
    assert(name !== "" && server !== "" && exitCode === 0, "a context has a name and a server");
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "NoContext") throw error;
  }
  const authority = await contextAuthority(run, context);
  if (authority !== undefined) assert.match(authority, /^-----BEGIN CERTIFICATE-----/, "an authority is PEM");
  return authority === undefined ? "context" : "authority";
}

const YAML = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    server: https://demo-dns-1a2b3c4d.hcp.westeurope.azmk8s.io:443
  name: demo
contexts:
- context:
    cluster: demo
    user: clusterUser_rg_demo
  name: demo
current-context: demo
kind: Config
preferences: {}
users:
- name: clusterUser_rg_demo
  user:
    client-certificate-data: LS0tLS1CRUdJTg==
    client-key-data: LS0tLS1CRUdJTg==
    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin}
`;
const PRINTED = { "current-context": "demo", clusters: [{ name: "demo", cluster: { server: "https://demo.hcp.westeurope.azmk8s.io:443" } }] };

export const target: Target = {
  covers: ["src/kubernetes/direct/kubeconfig.ts", "src/kubernetes/kubectl/context.ts"],
  seeds: () => [
    Buffer.from(`\0\0${YAML}`),
    Buffer.from("\0\0clusters: [{cluster: {server: 'https://a.example/path/'}}]"),
    Buffer.from("\0\0a: &a {server: http://a}\nclusters: [{cluster: {<<: *a}}]\n"),
    Buffer.from(`\x03\0${JSON.stringify(PRINTED)}`),
    Buffer.from("\x03\0LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="),
    Buffer.from("\x03\x03error: current-context must exist in order to minify"),
  ],
  tokens: ["https://", "http://", "HTTPS://", "file:///", "javascript:", "user:pass@", "?x", "#x", "//", "\\", "%00", "&a ", "*a", "<<: ", "!!binary ", "!!js/function ", "---\n", "...\n", "? ", "- ", ": ", "|\n", "{", "}", "[", "]", "__proto__: ", "current-context: ", "server: ", "clusters: ", "null", "\t", "\n  "],
  fuzz,
};
