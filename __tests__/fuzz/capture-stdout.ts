/** What a function prints, instead of printing it. */
export function captureStdout(print: () => unknown): string {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  const parts: string[] = [];
  stdout.write = (part: string | Uint8Array): boolean => {
    parts.push(Buffer.from(part).toString("utf8"));
    return true;
  };
  try {
    print();
  } finally {
    stdout.write = write;
  }
  return parts.join("");
}
