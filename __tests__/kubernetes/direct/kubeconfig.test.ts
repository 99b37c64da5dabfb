import { describe, expect, it } from "vitest";
import { ActionError } from "../../../src/lib/errors.ts";
import { readWarnings } from "../../../src/kubernetes/direct/direct-api.ts";
import { readKubeconfig } from "../../../src/kubernetes/direct/kubeconfig.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const config = (server: string, user: string): string => `
apiVersion: v1
kind: Config
current-context: demo
contexts:
- name: other
  context: {cluster: other, user: other}
- name: demo
  context: {cluster: demo, user: clusterUser_g_demo}
clusters:
- name: other
  cluster: {server: "https://other.example"}
- name: demo
  cluster: {server: "${server}", certificate-authority-data: ${base64("CA PEM")}}
users:
- name: clusterUser_g_demo
  user: ${user}
`;

describe("a kubeconfig", () => {
  it("has the server and the authority of the current context, and no certificate if the cluster uses Entra", () => {
    expect(readKubeconfig(config("https://demo.hcp.azmk8s.io:443/", "{exec: {command: kubelogin}}"))).toEqual({
      url: "https://demo.hcp.azmk8s.io",
      ca: "CA PEM",
      clientCertificate: undefined,
    });
  });

  it("has the client certificate of a cluster without Entra", () => {
    const user = `{client-certificate-data: ${base64("CERT")}, client-key-data: ${base64("KEY")}, token: t}`;
    expect(readKubeconfig(config("https://demo.example:6443", user)).clientCertificate).toEqual({ certificate: "CERT", key: "KEY" });
  });

  it("may have a server with a path, however many slashes that has", () => {
    const slashes = "/".repeat(200_000);
    expect(readKubeconfig(config(`https://demo.example/a${slashes}b${slashes}`, "{}")).url).toBe(`https://demo.example/a${slashes}b`);
  });

  it.each([
    ["a server without TLS", config("http://demo.example", "{}"), "is not https"],
    ["no server", "apiVersion: v1", "names no server"],
    ["something that is not YAML", "{: [", "not YAML"],
    ["a YAML tag that would run code", "!!js/function 'x'", "not YAML"],
  ])("is not accepted with %s", (_, yaml, why) => {
    expect(() => readKubeconfig(yaml)).toThrow(ActionError);
    expect(() => readKubeconfig(yaml)).toThrow(why);
  });
});

describe("Warning headers", () => {
  it.each([
    [undefined, []],
    ['299 - "one"', ["one"]],
    ['299 - "a \\"quoted\\" word", 299 - "two, with a comma"', ['a "quoted" word', "two, with a comma"]],
    ['199 - "not Kubernetes\'"', []],
  ])("of %s are %j", (header, texts) => {
    expect(readWarnings(header)).toEqual(texts);
  });
});
