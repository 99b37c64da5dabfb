/**
 * Ends the programs that a run has started and that have not ended by themselves, such as an az that hangs. `@actions/exec` gives no handle
 * of its processes, and a program may have started others.
 */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills the descendants of this process. Only where the system shows them as files (Linux): elsewhere the runner itself ends what a job
 * leaves behind.
 */
export function endDescendants(): void {
  for (const pid of descendantsOf(process.pid, parents())) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** All processes below this one. @param parentOf the parent of each process */
export function descendantsOf(root: number, parentOf: ReadonlyMap<number, number>): readonly number[] {
  const found = new Set<number>([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of parentOf) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}

/** The parent of each process; empty where the system does not show them. */
function parents(): ReadonlyMap<number, number> {
  const parentOf = new Map<number, number>();
  for (const name of listed("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // `pid (name) state parent …`: the name may hold spaces and parentheses.
    const [, parent] = readStat(name).replace(/^.*\) /s, "").split(" ");
    if (parent !== undefined) parentOf.set(Number(name), Number(parent));
  }
  return parentOf;
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
