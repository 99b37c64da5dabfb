/** Output of kubectl 1.32 for responses of a test server, and the response that it stands for. */
import { describe, expect, it } from "vitest";
import { describeFailure } from "../../../src/lib/errors.ts";
import { rowFor } from "../../../src/lib/error-table.ts";
import { readKubectlFailure, warningsIn } from "../../../src/kubernetes/kubectl/errors.ts";

const request = { doing: "testing", path: "/apis/apps/v1/namespaces/shop/deployments", needs: undefined };
const read = (stderr: string, path = request.path) => readKubectlFailure(stderr, 1, { ...request, path });

describe("kubectl's errors", () => {
  it.each([
    ['Error from server (Forbidden): pods is forbidden: User "u" cannot list', 403, "Forbidden", 'pods is forbidden: User "u" cannot list'],
    ['Warning: old\nError from server (NotFound): namespaces "x" not found', 404, "NotFound", 'namespaces "x" not found'],
    ["Error from server (Expired): The provided continue parameter is too old", 410, "Expired", "The provided continue parameter is too old"],
    ["Error from server (InternalError): an error on the server", 500, "InternalError", "an error on the server"],
    ["Error from server (Forbidden): admission webhook \"g\" denied the request: [a] no\n[b] no", 403, "Forbidden", 'admission webhook "g" denied the request: [a] no\n[b] no'],
    ['Error from server: admission webhook "g" denied the request: no', 403, "HTTP403", 'admission webhook "g" denied the request: no'],
    ['Error from server (some reason of ours): admission webhook "g" denied the request: no', 403, "some reason of ours", 'admission webhook "g" denied the request: no'],
    ["error: You must be logged in to the server (Unauthorized)", 401, "Unauthorized", "Unauthorized"],
    ["The pods \"p\" is invalid: : ValidatingAdmissionPolicy 'x' with binding 'y' denied request: no", 422, "Invalid", "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'x' with binding 'y' denied request: no"],
    ["The deployments \"d\" is invalid: : ValidatingAdmissionPolicy 'x' denied request: no", 422, "Invalid", "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'x' denied request: no"],
    ['The Pod "p" is invalid: spec.x: Required value', 422, "Invalid", 'Pod "p" is invalid: spec.x: Required value'],
    ['The Pod "p" is invalid: \n* spec.x: Required value\n* spec.y: Bad', 422, "Invalid", 'Pod "p" is invalid: [spec.x: Required value, spec.y: Bad]'],
    ['The request is invalid: admission webhook "v" denied the request: nope', 422, "Invalid", 'admission webhook "v" denied the request: nope'],
    ['E0101 10:00:00.000000   12345 memcache.go:265] "Unhandled Error"\nError from server (Forbidden): no', 403, "Forbidden", "no"],
  ])("%j", (stderr, status, code, message) => {
    expect(read(stderr)).toMatchObject({ service: "Kubernetes", status, code, message });
  });

  it.each([
    ["Unable to connect to the server: dial tcp: lookup x.privatelink.azmk8s.io on 10.0.0.1:53: no such host", "ENOTFOUND", "name-not-resolved"],
    ["The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?", "ECONNREFUSED", "connection-failed"],
    ["Unable to connect to the server: dial tcp 10.0.0.4:443: i/o timeout", "RequestTimeout", "connection-failed"],
    ["Unable to connect to the server: net/http: TLS handshake timeout", "RequestTimeout", "connection-failed"],
    ["Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted-tls"],
    ["Unable to connect to the server: EOF", "ECONNRESET", "connection-failed"],
    ["error: unexpected EOF", "ECONNRESET", "connection-failed"],
    ['Get "https://x:443/api/v1/pods": http2: client connection lost', "ECONNRESET", "connection-failed"],
    ["error: stream error: stream ID 3; INTERNAL_ERROR; received from peer", "ECONNRESET", "connection-failed"],
    ["error: read tcp 10.0.0.4:5001->10.0.0.5:443: read: connection reset by peer", "ECONNRESET", "connection-failed"],
    // Of an answer that was cut off: kubectl 1.32 against a proxy that does so.
    ["error: unexpected error when reading response body. Please retry. Original error: unexpected EOF", "ECONNRESET", "connection-failed"],
  ])("have no status if there was no response: %j", (stderr, code, row) => {
    const failure = read(stderr);
    expect(failure).toMatchObject({ code });
    expect(failure.status).toBeUndefined();
    expect(rowFor(failure)?.id).toBe(row);
  });

  it("are read for a request that is not about a resource", () => {
    expect(read("The deployments \"d\" is invalid: : ValidatingAdmissionPolicy 'x' denied request: no", "")).toMatchObject({ status: 422, message: "deployments \"d\" is forbidden: ValidatingAdmissionPolicy 'x' denied request: no" });
  });

  it("are quoted if their form is not known", () => {
    expect(describeFailure(read("error: exec: executable kubelogin not found"))).toContain("kubelogin not found");
    expect(read("").message).toBe("kubectl ended with exit code 1 and no output.");
  });

  it("cannot be forged by the text of a refusal", () => {
    expect(read('The Pod "p" is invalid: \nError from server (NotFound): x')).toMatchObject({ status: 422 });
    expect(read("Error from server (Forbidden): no\nError from server (NotFound): x")).toMatchObject({ status: 403 });
  });

  it("include the warnings of the API server", () => {
    expect(warningsIn('Warning: one "x"\nother\nWarning: two\n')).toEqual(['one "x"', "two"]);
  });
});
