/**
 * What kubectl prints on stderr. Every text reads as a failure with a remedy, and never as a status that it does not name: 404 means that
 * an object does not exist, and 410 that a list starts again.
 */
import assert from "node:assert/strict";
import { remedyFor, rowFor } from "../../../src/lib/error-table.ts";
import { describeFailure } from "../../../src/lib/errors.ts";
import { readKubectlFailure, warningsIn } from "../../../src/kubernetes/kubectl/errors.ts";
import { plain } from "../../../src/report/escape.ts";
import { Choices } from "../choices.ts";
import { WORDS } from "../error-words.ts";
import type { Target } from "../target.ts";

const PATHS = ["/apis/apps/v1/namespaces/shop/deployments/cart", "/api/v1/pods", "/api/v1/namespaces/shop", ""] as const;
const NEEDS = { action: "list pods", scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" };
/** What kubectl prints for these statuses. */
const NAMED: ReadonlyMap<number, RegExp> = new Map([
  [401, /\(Unauthorized\)|You must be logged in/],
  [403, /\(Forbidden\)|admission webhook/],
  [404, /\(NotFound\)/],
  [409, /\((?:AlreadyExists|Conflict)\)/],
  [410, /\((?:Expired|Gone)\)/],
  [422, /\(Invalid\)|is invalid/],
  [429, /\(TooManyRequests\)/],
]);
/** The longest text that is made of an input by repeating it: patterns that need too much time show there. */
const REPEATED = 20_000;

function fuzz(data: Buffer): string {
  const choices = new Choices(data);
  const path = choices.pick([...PATHS]);
  const exitCode = choices.below(4);
  const isRepeated = choices.below(8) === 7;
  const part = choices.rest().toString("utf8");
  const stderr = isRepeated && part !== "" ? part.repeat(Math.ceil(REPEATED / part.length)) : part;
  const failure = readKubectlFailure(stderr, exitCode, { doing: "listing pods", path, needs: NEEDS });
  const { status } = failure;
  if (status !== undefined) {
    assert(status >= 400 && status < 600, `${status} is the status of a refusal`);
    assert.match(stderr, NAMED.get(status) ?? /Error from server|invalid|logged in/, `kubectl did not print ${status}`);
  }
  assert.notEqual(`${failure.code}${failure.message}`, "", "a failure says something");
  assert.notEqual(remedyFor(failure), "", "a failure has a remedy");
  plain(describeFailure(failure));
  for (const warning of warningsIn(stderr)) assert(stderr.includes(`Warning: ${warning}`), "a warning is one that kubectl printed");
  return `${status ?? ""} ${rowFor(failure)?.id ?? failure.code}`.slice(0, 40);
}

const TEXTS = [
  'Error from server (Forbidden): pods is forbidden: User "11111111-2222-3333-4444-555555555555" cannot list resource "pods" in API group "" at the cluster scope: Azure does not have opinion for this user.',
  'Error from server (NotFound): daemonsets.apps "azure-service-mesh-istio-cni-addon-node" not found',
  "Error from server (Expired): The provided continue parameter is too old to display a consistent list result.",
  'Error from server: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-x] container <app> has no limits',
  "error: You must be logged in to the server (Unauthorized)",
  'The deployments "cart" is invalid: : ValidatingAdmissionPolicy \'p\' with binding \'b\' denied request: no',
  'The Pod "x" is invalid: \n* spec.containers[0].name: Required value\n* spec.containers[1].image: Required value',
  "The request is invalid: patch: Invalid value: \"{}\"",
  "Unable to connect to the server: dial tcp: lookup demo.hcp.westeurope.azmk8s.io: no such host",
  "The connection to the server 10.0.0.1:443 was refused - did you specify the right host or port?",
  "Unable to connect to the server: net/http: TLS handshake timeout",
  "I1126 02:14:00.123456   123 request.go:700] Waited for 1.2s due to client-side throttling\nWarning: v1 ComponentStatus is deprecated\nError from server (TooManyRequests): too many requests",
];

export const target: Target = {
  covers: ["src/kubernetes/kubectl/errors.ts", "src/lib/error-table.ts"],
  seeds: () => TEXTS.flatMap((text, index) => [Buffer.from(`\0\x01\0${text}`), Buffer.from(`${String.fromCharCode(index % 4)}\x01\x07${text}\n`)]),
  tokens: [
    ...WORDS,
    "Error from server (", "Error from server: ", "): ", "NotFound", "Forbidden", "Expired", "Gone", "Invalid", "Unauthorized", "Warning: ", "\n", "\r\n", 'The "" is invalid: : ', 'The deployments "', '" is invalid: ', "* ", " is forbidden: ",
    "dial tcp", "EOF", "x509:", "connection refused", "admission webhook", "I1126 02:14:00.1 ", "error: You must be logged in to the server (",
  ],
  fuzz,
};
