/** The az and kubectl commands that the project tells its users to run: in the texts of src/, and in code of its documentation and examples. */
import ts from "typescript";
import { exampleFiles, markdownFiles, sourceFiles, textOf } from "./repository.ts";

export interface PrintedCommand {
  /** The file that has it. */
  readonly file: string;
  readonly text: string;
  /** The words after the program. */
  readonly words: readonly string[];
}

/** What a value is in a text of src/ that is only known when the action runs. */
const STAND_INS: readonly (readonly [expression: RegExp, value: string])[] = [
  [/^(?:clusterArguments|ON_CLUSTER)\b/, "--resource-group group --name cluster --subscription subscription"],
  [/^mechanism$/, "CNIChaining"],
];
const VALUE = "value";
/** What ends a command in prose, and in a line of a shell script. */
const END_IN_PROSE = /^(?:[`(),;\n]|[.:](?:\s|$))/;
const END_IN_SHELL = /^(?:[);|&\n]| #)/;

/** The text of an expression, with stand-ins for what is not literal; undefined where it is no text. */
function textOfExpression(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => (STAND_INS.find(([pattern]) => pattern.test(expression.getText()))?.[1] ?? VALUE) + literal.text);
    return [node.head.text, ...parts].join("");
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOfExpression(node.left), textOfExpression(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

/** The texts of a TypeScript file, without comments. */
function textsOf(file: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOfExpression(node);
    if (text === undefined) ts.forEachChild(node, visit);
    else texts.push(text);
  };
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true));
  return texts;
}

/** The words of a command, up to where it ends. Quotes group words, as in a shell. */
function wordsUntil(end: RegExp, text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    const closing = char === '"' || char === "'" ? text.indexOf(char, at + 1) : -1;
    if (closing > 0) {
      word = (word ?? "") + text.slice(at + 1, closing);
      at = closing;
    } else if (end.test(text.slice(at))) break;
    else if (char !== " ") word = (word ?? "") + char;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function commandsIn(program: string, file: string, text: string, end: RegExp): PrintedCommand[] {
  return [...text.matchAll(new RegExp(`(?<=^|[\\s(\`"'])${program} (?=[a-z-])`, "g"))].map((match) => {
    const words = wordsUntil(end, text.slice(match.index + match[0].length));
    return { file, text: `${program} ${words.join(" ")}`, words };
  });
}

/** The blocks of code in a page but those of JSON, with continued lines joined, and its spans of code. */
function codeOf(markdown: string): { readonly blocks: string; readonly spans: string } {
  const blocks = [...markdown.matchAll(/^(```+)(?!json)[^\n]*\n([\s\S]*?)^\1\s*$/gm)].map(([, , code = ""]) => code.replace(/\\\n\s*/g, " "));
  const spans = [...markdown.replace(/^(```+)[\s\S]*?^\1\s*$/gm, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replace(/\s+/g, " "));
  return { blocks: blocks.join("\n"), spans: spans.join("\n") };
}

/** All commands, each once per file. A command that is only named in a sentence, without options, is among them. */
export function printedCommands(program: "az" | "kubectl" = "az"): readonly PrintedCommand[] {
  const found = [
    ...sourceFiles().filter((file) => textOf(file).includes(program)).flatMap((file) => textsOf(file).flatMap((text) => commandsIn(program, file, text, END_IN_PROSE))),
    // Pages of conformance/ are about other tools, too.
    ...markdownFiles().filter((file) => !file.startsWith("conformance/")).flatMap((file) => {
      const { blocks, spans } = codeOf(textOf(file));
      return [...commandsIn(program, file, blocks, END_IN_SHELL), ...commandsIn(program, file, spans, END_IN_SHELL)];
    }),
    ...exampleFiles().flatMap((file) => commandsIn(program, file, textOf(file), END_IN_PROSE)),
  ];
  return [...new Map(found.map((command) => [`${command.file} ${command.text}`, command])).values()];
}

/** Whether a command is more than a name in a sentence. */
export function hasOptions({ words }: PrintedCommand): boolean {
  return words.some((word) => word.startsWith("-"));
}
