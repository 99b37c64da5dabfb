/** Reads the outputs and annotations of an action as the runner does. */

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
}

/** Parses the file GITHUB_OUTPUT: `name=value`, and `name<<delimiter` with the lines up to the delimiter. */
export function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? "").replace(/\r$/, "");
    const heredoc = /^([^=]+?)<<(.+)$/.exec(line);
    if (heredoc !== null) {
      const [, name = "", delimiter = ""] = heredoc;
      const end = lines.findIndex((candidate, at) => at > index && candidate.replace(/\r$/, "") === delimiter);
      if (end < 0) throw new Error(`The output ${name} does not end: its delimiter ${delimiter} is missing.`);
      outputs[name] = lines.slice(index + 1, end).join("\n");
      index = end;
    } else if (line.includes("=")) {
      outputs[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
    }
  }
  return outputs;
}

/** The unescaped data of a workflow command. */
export function unescapeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll("%3A", ":").replaceAll("%2C", ","));
}

function levelOf(command: string): Annotation["level"] | undefined {
  return command === "error" || command === "warning" || command === "notice" ? command : undefined;
}

/** The annotations in a log: the workflow commands that create them, unescaped. */
export function parseAnnotations(log: string): Annotation[] {
  return log.split(/\r?\n/).flatMap((line) => {
    const [, command = "", properties = "", data = ""] = /^::(\w+)(?: ([^:]*))?::(.*)$/.exec(line.trimStart()) ?? [];
    const level = levelOf(command);
    if (level === undefined) return [];
    const title = /(?:^|,)title=([^,]*)/.exec(properties)?.[1] ?? "";
    return [{ level, title: unescapeProperty(title), message: unescapeData(data) }];
  });
}
