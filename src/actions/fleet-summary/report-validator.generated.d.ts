// Generated from report.schema.json by scripts/report-validator.mjs (npm run docs).
/** The part of a report that fleet-summary reads. */
export type ReportPart = { readonly mode: "apply" | "plan" | "check" | "disable"; readonly status: "compliant" | "changed" | "drifted" | "unverified" | "failed"; readonly finishedAt: string; readonly cluster: { readonly id: string; readonly name: string; readonly location: string; }; readonly mesh: { readonly redirectionMechanism: { readonly after: string; }; readonly revisions: ReadonlyArray<string>; }; readonly checks: ReadonlyArray<{ readonly title: string; readonly id: string; readonly result: "pass" | "fail" | "warn" | "skip"; readonly message: string; readonly remedy: string; }>; readonly diagnosis?: ReadonlyArray<{ readonly cause: string; readonly consequences: ReadonlyArray<string>; readonly message: string; readonly remedy: string; readonly commands: ReadonlyArray<string>; }>; readonly missingRights?: ReadonlyArray<{ readonly action: string; readonly scope: string; readonly role: string; }>; readonly counts?: { readonly after: { readonly podsInMesh?: number; readonly podsRedirected?: number; readonly agentsReady?: number; readonly agentsDesired?: number; }; }; readonly lastWrites?: ReadonlyArray<{ readonly at: string; readonly by: string; readonly application: string; readonly status: string; }>; readonly run?: { readonly url: string; }; readonly error?: object; };

/** A difference from the schema: where (a JSON pointer), and the keyword of JSON Schema with its parameters. */
export interface Mismatch {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Checks the part of a report that fleet-summary reads. After `false`, `errors` has the first mismatch. */
export declare const validate: { (json: unknown): json is ReportPart; readonly errors?: readonly Mismatch[] | null };
