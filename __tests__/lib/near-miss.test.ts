import { describe, expect, it } from "vitest";
import { nearMisses } from "../../src/lib/near-miss.ts";

const KNOWN = ["cluster", "resource-group", "subscription-id", "allowed-subscriptions", "mode", "namespaces", "label-namespaces", "force", "github-token", "timeout-minutes"];

describe("a name that is not known", () => {
  it.each([
    ["cluster-name", "cluster"],
    ["clusters", "cluster"],
    ["aks-cluster", "cluster"],
    ["resource_group", "resource-group"],
    ["resourcegroup", "resource-group"],
    ["resource-group-name", "resource-group"],
    ["subscription", "subscription-id"],
    ["allowed-subscription", "allowed-subscriptions"],
    ["modes", "mode"],
    ["namespace", "namespaces"],
    ["token", "github-token"],
    ["timeout", "timeout-minutes"],
  ])("%s is near to %s", (given, meant) => {
    expect(nearMisses([given], KNOWN)).toEqual([{ given, meant }]);
  });

  it.each(["audience", "creds", "name", "group-resource-id", "m", ""])("%j is near to none", (given) => {
    expect(nearMisses([given], KNOWN)).toEqual([]);
  });

  it("is the only kind that is told", () => {
    expect(nearMisses(KNOWN, KNOWN)).toEqual([]);
  });
});
