/** Remedies as Markdown: text, and commands in blocks to copy. Pure. */
import { remedyParts } from "../lib/remedy.ts";
import { fenced, markdown } from "./escape.ts";
import { blocks } from "./markdown.ts";

/** Characters of a line of a command. On GitHub a longer one has to be scrolled. */
const WIDTH = 78;

/** A remedy: each run of commands is a block of its own, which GitHub gives a button to copy. */
export function remedyMarkdown(remedy: string, limit?: number): string {
  return blocks(...remedyParts(remedy).map(({ kind, lines }) => (kind === "text" ? markdown(lines.join(" "), limit) : fenced("sh", lines.flatMap(wrapCommand), limit))));
}

/** A command on several lines. The shell reads the same words. */
export function wrapCommand(command: string): readonly string[] {
  if (command.length <= WIDTH) return [command];
  const words = command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/g) ?? [];
  const firstOption = words.findIndex((word) => word.startsWith("--"));
  const head = words.slice(0, Math.max(1, firstOption)).join(" ");
  // An option keeps its value; other words after it, such as the verb after --namespace, may begin a line.
  const groups = words.slice(Math.max(1, firstOption)).reduce<string[]>(
    (found, word) => {
      const last = found.at(-1) ?? "";
      return !word.startsWith("--") && /^--\S+$/.test(last) ? [...found.slice(0, -1), `${last} ${word}`] : [...found, word];
    },
    [head],
  );
  const lines = groups.reduce<string[]>((found, group) => {
    const last = found.at(-1);
    if (last === undefined) return [group];
    return `${last} ${group} \\`.length <= WIDTH ? [...found.slice(0, -1), `${last} ${group}`] : [...found, `  ${group}`];
  }, []);
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line} \\`));
}
