/**
 * Mutants of texts that prove nothing. A sentence without a fact in it: a test could only repeat it. A text that is compared: the mutant
 * of the comparison is the same.
 */
import { declareValuePlugin, type Ignorer, type NodePath, PluginKind } from "@stryker-mutator/api/plugin";

const ignorer: Ignorer = {
  shouldIgnore(path) {
    if (isProse(path)) return "a sentence";
    return path.isStringLiteral() && isCompared(path.parentPath) ? "the mutant of the comparison is the same" : undefined;
  },
};

/** A text with a blank. A template is one only where it inserts plain names, since mutants inside it are left out with it. */
function isProse(path: NodePath): boolean {
  if (path.isStringLiteral()) return /\s/.test(path.node.value);
  return (
    path.isTemplateLiteral() &&
    path.node.quasis.some(({ value }) => /\s/.test(value.cooked ?? "")) &&
    path.node.expressions.every(({ type }) => type === "Identifier" || type === "MemberExpression")
  );
}

function isCompared(parent: NodePath | null): boolean {
  return parent !== null && (parent.isBinaryExpression() || parent.isSwitchCase());
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, "prose", ignorer)];
