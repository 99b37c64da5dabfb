/** The inputs of the action discover as a typed, validated {@link DiscoverConfig}. */
import { GUID } from "../../azure/resource-id.ts";
import { readSignIn, type SignInConfig } from "../../azure/sign-in-inputs.ts";
import { defaultPath } from "../../github/default-path.ts";
import { inputReader, type InputSource, shown } from "../../lib/input-reader.ts";

export const SKUS = ["any", "Automatic", "Base"] as const;
export const MESHES = ["on", "off", "any"] as const;

/** The most jobs of one matrix. Source: "Running variations of jobs in a workflow", GitHub's documentation. */
const MATRIX_LIMIT = 256;

/** A tag that a cluster must have. */
export interface TagFilter {
  /** In lower case: Azure ignores the case of tag names. */
  readonly key: string;
  /** A `*` glob for the value; undefined: any value. */
  readonly value: string | undefined;
}

/** Which clusters go into the list. One item of each list must match, and every tag; an empty list matches everything. Globs are in lower case. */
export interface ClusterFilter {
  readonly resourceGroups: readonly string[];
  /** Programmatic names: `westeurope`. */
  readonly locations: readonly string[];
  readonly names: readonly string[];
  readonly tags: readonly TagFilter[];
  readonly sku: (typeof SKUS)[number];
  readonly mesh: (typeof MESHES)[number];
}

/** The configuration of a run. */
export interface DiscoverConfig extends SignInConfig {
  /** In lower case; empty: every subscription that the identity can list. */
  readonly subscriptions: readonly string[];
  readonly filter: ClusterFilter;
  /** Whether the step succeeds if some subscriptions could not be listed. */
  readonly allowPartial: boolean;
  /** Whether the step succeeds if no cluster matches. */
  readonly allowEmpty: boolean;
  /** The number of the batch, from 1; undefined: all clusters. */
  readonly batch: number | undefined;
  readonly batchSize: number;
  /** Path of the file with the whole list. */
  readonly clustersPath: string;
}

const NAME_GLOB = /^[-_a-z0-9*]{1,63}$/i;
const GROUP_GLOB = /^[\p{L}\p{N}_\-.()*]{1,90}$/u;
const LOCATION = /^[a-z0-9]{1,50}$/;

/**
 * Reads and checks every input.
 *
 * @throws InputError with all problems
 */
export function readDiscoverInputs(source: InputSource): DiscoverConfig {
  const reader = inputReader(source);
  const { matching, list, listGiven, oneOf, flag } = reader;
  const each = (name: string, pattern: RegExp, what: string, items = list(name)): readonly string[] => {
    for (const item of items) matching(name, item, pattern, what);
    return items.map((item) => item.toLowerCase());
  };
  const config: DiscoverConfig = {
    ...readSignIn(reader, 10, source),
    subscriptions: [...new Set(each("subscriptions", GUID, "a subscription ID (a GUID)", listGiven("subscriptions")))],
    filter: {
      resourceGroups: each("resource-groups", GROUP_GLOB, "the name of a resource group or a glob of one"),
      locations: list("locations", /[\n,]+/).map((location) => {
        const name = location.toLowerCase().replaceAll(" ", "");
        if (!LOCATION.test(name)) reader.problems.push(`locations: ${shown(location)} is not the name of a region.`);
        return name;
      }),
      names: each("names", NAME_GLOB, "the name of a cluster or a glob of one"),
      tags: list("tags", /[\n,]+/).map((tag) => {
        const equals = tag.indexOf("=");
        const key = (equals < 0 ? tag : tag.slice(0, equals)).trim().toLowerCase();
        if (key === "") reader.problems.push(`tags: ${shown(tag)} is neither key nor key=value.`);
        return { key, value: equals < 0 ? undefined : tag.slice(equals + 1).trim() };
      }),
      sku: oneOf("sku", SKUS, "any"),
      mesh: oneOf("mesh", MESHES, "on"),
    },
    allowPartial: flag("allow-partial", false),
    allowEmpty: flag("allow-empty", false),
    batch: reader.text("batch") === "" ? undefined : whole("batch", 1, Number.MAX_SAFE_INTEGER),
    batchSize: whole("batch-size", MATRIX_LIMIT, MATRIX_LIMIT),
    clustersPath: clustersPathOf(source),
  };
  reader.finish();
  return config;

  function whole(name: string, fallback: number, most: number): number {
    const value = reader.positive(name, fallback, most);
    if (Number.isInteger(value)) return value;
    reader.problems.push(`${name}: ${shown(reader.text(name))} is not a whole number.`);
    return fallback;
  }
}

function clustersPathOf(source: InputSource): string {
  return source.input("clusters-path").trim() || defaultPath(source, "istio-cni-clusters");
}
