import { type MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";
import { AREAS } from "./areas.ts";

const wanted = process.argv.slice(2);
for (const area of AREAS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  process.env["MUTANTS_AREA"] = area.name;
  const started = Date.now();
  const results: MutantResult[] = await new Stryker({
    mutate: [...area.mutate],
    plugins: ["./__tests__/mutants/runner.ts", "./__tests__/mutants/prose.ts"],
    ignorers: ["prose"],
    mutator: { excludedMutations: ["ObjectLiteral", "ArrowFunction", ...(area.name === "checks" ? ["StringLiteral"] : [])] },
    testRunner: "area",
    coverageAnalysis: "perTest",
    ignorePatterns: ["**", "!src/**", "!__tests__/**", "!package.json", "!tsconfig.json"],
    tempDirName: `build/stryker-${area.name}`,
    incremental: true,
    incrementalFile: `build/mutants/${area.name}.json`,
    reporters: ["progress-append-only"],
    concurrency: Number(process.env["MUTANTS_CONCURRENCY"] ?? "1"),
    logLevel: process.env["LOG"] ?? "warn",
    ...(process.env["ONLY"] === undefined ? {} : { mutate: process.env["ONLY"].split(" ") }),
  } as never).runMutationTest();
  const counts: Record<string, number> = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  console.log(area.name, counts, (Date.now() - started) / 1000);
  for (const m of results) if (m.status === "Survived" || m.status === "NoCoverage") console.log(`${m.status} ${m.fileName.replace(process.cwd()+"/", "")}:${m.location.start.line + 0}:${m.location.start.column} ${m.mutatorName} -> ${m.replacement}${m.static ? " (static)" : ""}`);
}
