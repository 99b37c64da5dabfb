import fc from "fast-check";
import { worlds } from "./generate.ts";
import { play } from "./play.ts";
import { violationsOf } from "./invariants/all.ts";
const [n, seed] = process.argv.slice(2).map(Number);
const only = process.argv[4];
const ws = fc.sample(worlds(false), { numRuns: n!, seed: seed! });
const c0 = process.cpuUsage(); const t0 = performance.now();
const byInv = new Map<string, string[]>();
for (const [i, w] of ws.entries()) {
  if (only !== undefined && i !== Number(only)) continue;
  const p = await play(w, false);
  const line = [p.check, p.plan, p.apply, p.second, p.checkAgain].map((r) => r === undefined ? "-" : `${r.report.status}${r.report.error ? `(${r.report.error.code})` : ""}`).join(" > ");
  if (only !== undefined) { console.log(JSON.stringify(w, null, 1)); for (const r of [p.check,p.plan,p.apply,p.second,p.checkAgain]) if (r) console.log("=====", r.mode, (r.startedAt-p.check.startedAt)/1000, (r.endedAt-p.check.startedAt)/1000, "\n"+r.log.join("\n")+"\n"+r.report.checks.map(c=>`${c.result} ${c.id}: ${c.message}`).join("\n")+"\n"+JSON.stringify(r.report.error)+"\n"+r.report.plan.map(s=>`${s.id} ${s.outcome}: ${s.reason}`).join("\n")); console.log(JSON.stringify(p.truths)); }
  for (const v of violationsOf(p)) { const k = v.split(":")[0]!; byInv.set(k, [...(byInv.get(k) ?? []), `#${i} ${w.course.kind} ${line}: ${v.slice(0, 500)}`]); }
}
for (const [k, vs] of byInv) { console.log(`\n## ${k} ${vs.length}`); for (const v of vs.slice(0, 6)) console.log(v); }
const c = process.cpuUsage(c0); console.log("cpu per world", (c.user + c.system) / 1000 / ws.length, "wall", (performance.now() - t0) / ws.length);
