import { describe, expect, it } from "vitest";
import { pullRequestOf } from "../../src/github/pull-request.ts";

const OWN = { repo: { full_name: "contoso/platform" } };
const FORK = { repo: { full_name: "mallory/platform" } };

const WRITABLE = { kind: "writable", number: 7 };

describe("the pull request of a run", () => {
  it.each([
    ["a pull request", "pull_request", { pull_request: { number: 7, state: "open", head: OWN, base: OWN } }, WRITABLE],
    ["one from a fork", "pull_request", { pull_request: { number: 7, state: "open", head: FORK, base: OWN } }, { kind: "unavailable", why: "pull request #7 comes from a fork, for which GitHub gives runs a read-only token" }],
    ["one from a fork that is gone", "pull_request_review", { pull_request: { number: 7, state: "open", head: { repo: null }, base: OWN } }, { kind: "unavailable", why: "pull request #7 comes from a fork, for which GitHub gives runs a read-only token" }],
    ["one from a fork, with the token of the repository", "pull_request_target", { pull_request: { number: 7, state: "open", head: FORK, base: OWN } }, WRITABLE],
    ["a closed one", "pull_request", { pull_request: { number: 7, state: "closed", head: OWN, base: OWN } }, { kind: "unavailable", why: "pull request #7 is closed" }],
    ["a comment on one", "issue_comment", { issue: { number: 8, state: "open", pull_request: {} } }, { kind: "writable", number: 8 }],
  ])("is read from an event about %s", (_, eventName, payload, expected) => {
    expect(pullRequestOf({ eventName, payload })).toEqual(expected);
  });

  it.each([
    ["a push", {}],
    ["an issue", { issue: { number: 7 } }],
    ["a number of another type", { pull_request: { number: "7" } }],
    ["a number that is none of a pull request", { pull_request: { number: 0 } }],
    ["half a number", { pull_request: { number: 1.5 } }],
    ["a payload of another shape", { pull_request: [7] }],
  ])("is none in an event with %s", (_, payload) => {
    expect(pullRequestOf({ eventName: "x", payload: payload as never })).toEqual({ kind: "unavailable", why: "this run is not about a pull request, but about the event x" });
  });
});
