/**
 * Keeps Stryker from mutants of texts that prove nothing. A sentence without a fact: a test could only repeat it. A text that is compared:
 * the mutant of the comparison is the same.
 */
import type { Ignorer } from "@stryker-mutator/api/ignore";
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** What is read of Babel's syntax tree. */
interface Path {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
    readonly expressions?: readonly { readonly type: string }[];
  };
  readonly parent: { readonly type: string };
}

const ignorer: Ignorer = {
  shouldIgnore({ node, parent }: Path): string | undefined {
    if (isProse(node)) return "a sentence";
    return node.type === "StringLiteral" && COMPARISONS.includes(parent.type) ? "the mutant of the comparison is the same" : undefined;
  },
};

const COMPARISONS: readonly string[] = ["BinaryExpression", "SwitchCase"];

/** A text with a blank. A template is one only where it inserts plain names, since mutants inside it are left out with it. */
function isProse({ type, value, quasis = [], expressions = [] }: Path["node"]): boolean {
  if (type === "StringLiteral") return /\s/.test(String(value));
  const isPlain = expressions.every((expression) => expression.type === "Identifier" || expression.type === "MemberExpression");
  return type === "TemplateLiteral" && isPlain && quasis.some((quasi) => /\s/.test(quasi.value.raw));
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, "prose", ignorer)];
