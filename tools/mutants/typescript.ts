/** Every mutant of a TypeScript file. */
import ts from "typescript";
import type { Mutant, Operator } from "./mutant.ts";

const COMPARISONS: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": ">=",
  ">": "<=",
  "<=": ">",
  ">=": "<",
};
const BOUNDARIES: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const BOOLEANS: Readonly<Record<string, string>> = { "&&": "||", "||": "&&" };
/** Statements that only print for people: neither their words nor their calls are rules that tests must check. */
const SAYING = /^(?:this\.)?#?(?:say|say\w*|\w*\.say)$/;

/** The mutants of `source`, in the order of the text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (operator: Operator, node: ts.Node, text: string) =>
    found.push({ file, operator, start: node.getStart(tree), end: node.getEnd(), text });
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isCallExpression(node) && SAYING.test(node.expression.getText(tree))) return;
    mutantsAt(node, tree, add);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Start and end of the innermost multi-line function around a place; the whole file when there is none. */
export function functionAround(source: string, start: number, end: number): { start: number; end: number } {
  const tree = ts.createSourceFile("x.ts", source, ts.ScriptTarget.Latest, true);
  let found: { start: number; end: number } = { start: 0, end: source.length };
  const visit = (node: ts.Node): void => {
    const [from, to] = [node.getStart(tree), node.getEnd()];
    if (from > start || to < end) return;
    if (ts.isFunctionLike(node) && source.slice(from, to).includes("\n")) found = { start: from, end: to };
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

type Add = (operator: Operator, node: ts.Node, text: string) => void;

function mutantsAt(node: ts.Node, tree: ts.SourceFile, add: Add): void {
  const text = (part: ts.Node) => part.getText(tree);
  if (ts.isBinaryExpression(node)) {
    const sign = text(node.operatorToken);
    for (
      const [operator, table] of [["comparison", COMPARISONS], ["boundary", BOUNDARIES], [
        "boolean",
        BOOLEANS,
      ]] as const
    ) {
      if (table[sign]) add(operator, node.operatorToken, table[sign]);
    }
  } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    add("boolean", node, text(node.operand));
  } else if (node.kind === ts.SyntaxKind.TrueKeyword) {
    add("boolean", node, "false");
  } else if (node.kind === ts.SyntaxKind.FalseKeyword) {
    add("boolean", node, "true");
  } else if (ts.isReturnStatement(node) && node.expression) {
    add("return value", node.expression, otherValue(node.expression, tree));
  } else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    add("return value", node.body, otherValue(node.body, tree));
  } else if (ts.isAwaitExpression(node) && !ts.isReturnStatement(node.parent)) {
    // `return await x` equals `return x`, except in stack traces.
    add("removed await", node, text(node.expression));
  } else if (ts.isNumericLiteral(node)) {
    add("constant", node, otherNumber(Number(node.text)));
  } else if (isDeletable(node, tree)) {
    add("deleted statement", node, ";");
  } else if (ts.isCallExpression(node) && node.arguments.length >= 2) {
    const [first, second] = node.arguments;
    if (text(first!) === text(second!) || isSymmetric(node, tree)) return;
    const start = first!.getStart(tree) - node.getStart(tree);
    const end = second!.getEnd() - node.getStart(tree);
    const between = tree.text.slice(first!.getEnd(), second!.getStart(tree));
    const whole = text(node);
    add(
      "swapped arguments",
      node,
      `${whole.slice(0, start)}${text(second!)}${between}${text(first!)}${whole.slice(end)}`,
    );
  }
}

/** Small numbers get one more, others are doubled: adding one to a limit of thousands would hardly change the rule. */
const otherNumber = (value: number) => String(Math.abs(value) < 10 ? value + 1 : value * 2);

/** A value that certainly differs. */
function otherValue(node: ts.Expression, tree: ts.SourceFile): string {
  const text = node.getText(tree);
  if (text === "true" || text === "undefined") return "false";
  if (text === "false") return "true";
  if (ts.isNumericLiteral(node)) return `${text} + 1`;
  return "undefined";
}

/** Whether the order of the arguments makes no difference. */
function isSymmetric(node: ts.CallExpression, tree: ts.SourceFile): boolean {
  const name = node.expression.getText(tree);
  if (/^(?:timingSafeEqual|Math\.max|Math\.min|Object\.is)$/.test(name)) return true;
  // An order is only tested for being empty.
  return /(?:^|\.)compare$/.test(name) && ts.isBinaryExpression(node.parent) &&
    /^[=!]==$/.test(node.parent.operatorToken.getText(tree)) && node.parent.right.getText(tree) === "0";
}

/** Statements with an effect other than printing. */
function isDeletable(node: ts.Node, tree: ts.SourceFile): boolean {
  if (ts.isThrowStatement(node) || ts.isContinueStatement(node)) return true;
  if (!ts.isExpressionStatement(node)) return false;
  const call = ts.isAwaitExpression(node.expression) ? node.expression.expression : node.expression;
  return !(ts.isCallExpression(call) && SAYING.test(call.expression.getText(tree)));
}
