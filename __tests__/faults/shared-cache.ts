/** A cache that the processes of a matrix share, in a directory of theirs. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** undefined: this process has its own cache. */
const directory = process.env["FAULTS_CACHE"];

/** Values by name. A name is a part of a file's name; a value is plain data. */
export class SharedCache<T> {
  readonly #own = new Map<string, T>();

  get(name: string): T | undefined {
    const own = this.#own.get(name);
    if (own !== undefined || directory === undefined || !existsSync(join(directory, name))) return own;
    // Only processes of this matrix write there.
    const read = deserialize(readFileSync(join(directory, name))) as T;
    this.#own.set(name, read);
    return read;
  }

  set(name: string, value: T): void {
    this.#own.set(name, value);
    if (directory === undefined) return;
    // Atomic: another process may read it at any time.
    const draft = join(directory, `${name}.${process.pid}`);
    writeFileSync(draft, serialize(value));
    renameSync(draft, join(directory, name));
  }
}
