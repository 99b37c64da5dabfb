/** What a function prints, instead of printing it. */
export function captureStdout(print: () => unknown): string {
  const { write } = process.stdout;
  const parts: string[] = [];
  process.stdout.write = (part: string | Uint8Array): boolean => {
    parts.push(Buffer.from(part).toString("utf8"));
    return true;
  };
  try {
    print();
  } finally {
    process.stdout.write = write;
  }
  return parts.join("");
}
