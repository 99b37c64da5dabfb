/** The api-version of managed clusters: the newest that the cloud knows, whatever words it uses for those it does not. */
import { describe, expect, it } from "vitest";
import { ApiVersion, newestOf } from "../../src/azure/api-version.ts";
import { simulatedContext } from "../simulated-context.ts";
import { cannedArm, type CannedAnswer } from "./canned-arm.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const error = (code: string, message: string): CannedAnswer => ({ status: 400, body: { error: { code, message } } });
/** The three ways in which Resource Manager refuses a version. */
const REFUSALS = {
  NoRegisteredProviderFound: (asked: string, known: readonly string[]) =>
    error("NoRegisteredProviderFound", `No registered resource provider found for location 'westeurope' and API version '${asked}' for type 'managedClusters'. The supported api-versions are '${known.join(", ")}'. The supported locations are 'westeurope'.`),
  InvalidApiVersionParameter: (asked: string, known: readonly string[]) => error("InvalidApiVersionParameter", `The api-version '${asked}' is invalid. The supported versions are '${known.join(",")}'.`),
  InvalidResourceType: (asked: string, known: readonly string[]) =>
    error("InvalidResourceType", `The resource type 'managedClusters' could not be found in the namespace 'Microsoft.ContainerService' for api version '${asked}'. The supported api-versions are '${known.join(",")}'.`),
} as const;

/** Reads from a cloud that knows some versions. `provider`: what the resource provider says; undefined refuses that question. */
async function readFrom(known: readonly string[], refuse: (asked: string, known: readonly string[]) => CannedAnswer, provider?: readonly string[]) {
  const { context } = simulatedContext({ writes: false });
  const { arm, sent } = cannedArm(context, ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith("/providers/Microsoft.ContainerService")) {
      return provider === undefined ? { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } } : { status: 200, body: { resourceTypes: [{ resourceType: "managedClusters", apiVersions: provider }] } };
    }
    const asked = searchParams.get("api-version") ?? "";
    return known.includes(asked) ? { status: 200, body: {} } : refuse(asked, known);
  });
  const apiVersion = new ApiVersion(arm, context.log);
  const read = () => apiVersion.read(SUBSCRIPTION, (version) => arm.send({ doing: "reading", method: "GET", path: `/cluster?api-version=${version}` }));
  const failure = await read().then(() => undefined, (reason: unknown) => reason);
  return { apiVersion, sent, read, failure };
}

describe("the api-version", () => {
  it("is the newest at first, without a question", async () => {
    const { apiVersion, sent } = await readFrom(["2026-08-01", "2026-01-01"], REFUSALS.InvalidResourceType);
    expect([apiVersion.current, sent.length]).toEqual(["2026-08-01", 1]);
  });

  it.each(Object.entries(REFUSALS))("is the newest stable one that a %s lists, and is remembered", async (_, refuse) => {
    const { apiVersion, sent, read } = await readFrom(["2025-10-01", "2026-01-01", "2026-05-01", "2026-07-02-preview"], refuse);
    expect(apiVersion.current).toBe("2026-05-01");
    await read();
    expect(sent).toHaveLength(3);
  });

  it("is a preview only where no stable one shows the mechanism", async () => {
    const { apiVersion } = await readFrom(["2025-10-01", "2025-09-02-preview", "2025-10-02-preview"], REFUSALS.InvalidResourceType);
    expect(apiVersion.current).toBe("2025-10-02-preview");
  });

  it("is looked up at the resource provider where a refusal lists none", async () => {
    const silent = (asked: string): CannedAnswer => error("NoRegisteredProviderFound", `No registered resource provider found for API version '${asked}'.`);
    const { apiVersion } = await readFrom(["2026-06-01", "2026-01-01"], silent, ["2026-06-01", "2026-01-01", "2024-01-01"]);
    expect(apiVersion.current).toBe("2026-06-01");
  });

  it("is found by trying where the identity may not ask the resource provider", async () => {
    const silent = (asked: string): CannedAnswer => error("NoRegisteredProviderFound", `No registered resource provider found for API version '${asked}'.`);
    const { apiVersion } = await readFrom(["2026-01-01"], silent);
    expect(apiVersion.current).toBe("2026-01-01");
  });

  it("of a list of versions for other types is tried once each", async () => {
    const { apiVersion, failure, sent } = await readFrom(["2020-01-01"], (asked) => error("InvalidApiVersionParameter", `The api-version '${asked}' is invalid. The supported versions are '2026-09-09,2026-08-01,2026-02-02'.`));
    expect(failure).toMatchObject({ code: "InvalidApiVersionParameter", remedy: expect.stringContaining("newer version of the action") as unknown });
    expect(new Set(sent.map(({ url }) => url)).size).toBe(sent.length);
    expect(apiVersion.current).toBe("2026-02-02");
  });

  it.each([[[]], [["2025-10-01", "2025-07-02-preview", "2024-01-01"]]])("does not exist among %j: they hide the mechanism", (versions) => {
    expect(newestOf(versions)).toBeUndefined();
  });
});
