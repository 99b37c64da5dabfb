/** Temporary folders that do not outlive their use. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

/**
 * A new folder in the system's temporary folder. Bind it with `using`: it is removed at the end of the scope, also after an error.
 *
 * @param files text by name; each is readable and executable by its owner only
 * @param parent another folder in place of the system's
 */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}, parent = tmpdir()): TemporaryFolder {
  const path = mkdtempSync(join(parent, "istio-cni-aks-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content, { mode: 0o700 });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
