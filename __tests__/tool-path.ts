/** The PATH of the tests and of the programs that they start. */
import { accessSync, constants, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const VERSIONED = /^kubectl\.1\.(\d+)$/;

/**
 * PATH, preceded by `folder` where kubectl is Google Cloud's dispatcher. It asks the API server for its version before each command, and
 * then starts the kubectl of that version, which lies beside it. That doubles the time of kubectl, and adds a request that kubectl itself
 * does not send. In `folder` is the newest of them, as `kubectl`.
 */
export function toolPath(folder: string, path = process.env["PATH"] ?? ""): string {
  const found = path.split(delimiter).map((directory) => join(directory, "kubectl")).find(isExecutable);
  if (found === undefined) return path;
  const beside = dirname(realpathSync(found));
  const [newest] = readdirSync(beside).filter((name) => VERSIONED.test(name)).sort((one, other) => minorOf(other) - minorOf(one));
  if (newest === undefined) return path;
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, "kubectl"), { force: true });
  symlinkSync(join(beside, newest), join(folder, "kubectl"));
  return [folder, path].join(delimiter);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function minorOf(name: string): number {
  return Number(VERSIONED.exec(name)?.[1] ?? 0);
}
