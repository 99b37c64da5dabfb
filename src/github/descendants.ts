/**
 * Ends the programs that a run has started and that have not ended by themselves, such as an az that hangs. `@actions/exec` gives no handle
 * of its processes, and a program may have started others.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Kills the descendants of this process, on Linux and macOS. On Windows the runner itself ends what a job leaves behind. */
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
  return new Map(process.platform === "darwin" ? pairsIn(listOfPs()) : listed("/proc").filter((name) => /^\d+$/.test(name)).flatMap(parentInStat));
}

/** The lines of `ps -A -o pid=,ppid=` as pairs of numbers. */
export function pairsIn(lines: string): readonly (readonly [pid: number, parent: number])[] {
  return [...lines.matchAll(/^ *(\d+) +(\d+) *$/gm)].map(([, pid, parent]) => [Number(pid), Number(parent)] as const);
}

/** What ps prints; empty if it fails, or does not end: it must not hold the run up in its turn. */
function listOfPs(): string {
  try {
    return execFileSync("/bin/ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8", timeout: 1000, killSignal: "SIGKILL", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

function parentInStat(pid: string): readonly (readonly [pid: number, parent: number])[] {
  // `pid (name) state parent …`: the name may hold spaces and parentheses.
  const [, parent] = readStat(pid).replace(/^.*\) /s, "").split(" ");
  return parent === undefined ? [] : [[Number(pid), Number(parent)]];
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
