/** Reads zip archives: the part of the format that archives of a few files use. */
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

export interface ZippedFile {
  /** A relative path with slashes. */
  readonly path: string;
  readonly content: Buffer;
}

function contentOf(archive: Buffer, method: number, start: number, size: number): Buffer {
  const nameLength = archive.readUInt16LE(start + 26);
  const extraLength = archive.readUInt16LE(start + 28);
  const from = start + 30 + nameLength + extraLength;
  const data = archive.subarray(from, from + size);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data);
  throw new Error(`The archive uses the compression method ${method}, which is not supported.`);
}

/** The files of an archive. Throws where it is not an archive, or where a path leads out of its directory. */
export function unzip(archive: Buffer): ZippedFile[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error("The context is not a zip archive.");
  const files: ZippedFile[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("The context is a damaged zip archive.");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const path = archive.toString("utf8", at + 46, at + 46 + (nameLength ?? 0));
    if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`The context holds the path ${path}.`);
    if (!path.endsWith("/")) {
      const method = archive.readUInt16LE(at + 10);
      const content = contentOf(archive, method, archive.readUInt32LE(at + 42), archive.readUInt32LE(at + 20));
      files.push({ path, content });
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}
