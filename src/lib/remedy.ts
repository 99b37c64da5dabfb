/**
 * What to do, as text with commands. A remedy is plain text; each command stands on a line of its own, complete, so that it can be pasted
 * into a shell. Names come from a cluster or an input: a command holds only names that a shell reads as one plain word. Where a name is
 * not known when a remedy is made, an upper-case placeholder such as `GROUP` stands for it, until {@link fillPlaceholders}.
 */

/** The programs with which a line begins that is a command. */
const COMMAND = /^(?:az|kubectl) \S/;

/** Whether a line of a remedy is a command. */
export function isCommand(line: string): boolean {
  return COMMAND.test(line);
}

/** Lines of text, or of commands, that stand together in a remedy. */
export interface RemedyPart {
  readonly kind: "text" | "commands";
  readonly lines: readonly string[];
}

/** The parts of a remedy, in its order. No part is empty. */
export function remedyParts(remedy: string): readonly RemedyPart[] {
  const parts: { kind: RemedyPart["kind"]; lines: string[] }[] = [];
  for (const line of remedy.split("\n").map((text) => text.trim()).filter((text) => text !== "")) {
    const kind = isCommand(line) ? "commands" : "text";
    const last = parts.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else parts.push({ kind, lines: [line] });
  }
  return parts;
}

/** The text of a remedy on one line, without its commands. A colon before a command becomes a full stop. */
export function remedyText(remedy: string): string {
  const parts = remedyParts(remedy);
  return parts
    .flatMap(({ kind, lines }, index) => {
      if (kind === "commands") return [];
      const text = lines.join(" ");
      return [parts[index + 1] === undefined ? text : text.replace(/:$/, ".")];
    })
    .join(" ");
}

/** The commands of a remedy, one an entry. */
export function remedyCommands(remedy: string): readonly string[] {
  return remedyParts(remedy).flatMap(({ kind, lines }) => (kind === "commands" ? lines : []));
}

/** Joins remedies, each line once. */
export function joinRemedies(remedies: readonly string[]): string {
  return [...new Set(remedies.flatMap((remedy) => remedy.split("\n")).filter((line) => line.trim() !== ""))].join("\n");
}

/**
 * The name itself where a shell reads it as one plain word, else a placeholder such as `NAMESPACE`: `<namespace>` would be a redirection.
 * A name in capitals is quoted, so that it is not taken for a placeholder.
 */
export function shellWord(name: string, placeholder: string): string {
  if (/^[A-Z]+(?:_[A-Z]+)*$/.test(name)) return `'${name}'`;
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name) ? name : placeholder.toUpperCase().replaceAll("-", "_");
}

/** What placeholders stand for; empty where it is not known. */
export interface PlaceholderValues {
  readonly GROUP: string;
  readonly CLUSTER: string;
  readonly SUBSCRIPTION: string;
  /** The resource ID of the cluster. */
  readonly CLUSTER_ID: string;
  readonly LOCATION: string;
  readonly CORRELATION_ID: string;
}

/** What a shell takes literally in a value: words and resource IDs. */
const LITERAL = /^[A-Za-z0-9/][A-Za-z0-9/._()-]{0,1000}$/;

/** Replaces the placeholders in the commands of a remedy by what they stand for. A value that is not known, or that a shell would interpret, leaves its placeholder. */
export function fillPlaceholders(remedy: string, values: PlaceholderValues): string {
  const known = new Map(Object.entries<string>({ ...values }).filter(([, value]) => LITERAL.test(value)));
  const fill = (line: string): string => line.replace(/(?<![\w"'])[A-Z]+(?:_[A-Z]+)*(?!\w)/g, (word) => quoted(known.get(word) ?? word));
  return remedy
    .split("\n")
    .map((line) => (isCommand(line) ? fill(line) : line))
    .join("\n");
}

/** Names of resource groups may have parentheses, which a shell interprets. */
function quoted(value: string): string {
  return /[()]/.test(value) ? `'${value}'` : value;
}
