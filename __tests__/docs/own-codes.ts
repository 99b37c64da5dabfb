/** The codes that the action gives its own errors, read from the source. */
import ts from "typescript";
import { sourceFiles, textOf } from "./repository.ts";

/** Names of functions that make an error from a code. */
const MAKES_ERROR = /(?:^|[.#])(?:failure|fail|refused)$/;
const CODE = /^[A-Z][a-z]+(?:[A-Z][a-z]+)+$|^[A-Z][a-z]{5,}$/;

/** Codes in a file: values of a property `code`, and arguments of the functions that make an error. */
function codesIn(file: string): readonly string[] {
  const codes: string[] = [];
  const literals = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && CODE.test(node.text)) codes.push(node.text);
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(literals);
    else if (ts.isBinaryExpression(node)) [node.left, node.right].forEach(literals);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === "code") literals(node.initializer);
    if (ts.isCallExpression(node) && MAKES_ERROR.test(node.expression.getText())) node.arguments.forEach(literals);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true));
  return codes;
}

/** Each code once, sorted. */
export function ownCodes(): readonly string[] {
  return [...new Set(sourceFiles().flatMap(codesIn))].sort();
}
