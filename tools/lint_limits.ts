/** A rule of `deno lint`: no function is longer than tools/limits.ts allows. */
import { FUNCTION_LINES_MAX, LONG_FUNCTIONS } from "./limits.ts";
import { ROOT } from "./paths.ts";

type AnyFunction =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** Lines of a node's source. */
function linesOf(context: Deno.lint.RuleContext, node: AnyFunction): number {
  return context.sourceCode.getText(node).split("\n").length;
}

const plugin: Deno.lint.Plugin = {
  name: "legend",
  rules: {
    "function-lines": {
      create(context) {
        const file = context.filename.replace(`${ROOT}/`, "");
        const max = LONG_FUNCTIONS[file] ?? FUNCTION_LINES_MAX;
        const check = (node: AnyFunction) => {
          const lines = linesOf(context, node);
          if (lines <= max) return;
          context.report({
            node,
            message: `This function has ${lines} lines, at most ${max} allowed: give its parts names`,
          });
        };
        return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
      },
    },
  },
};

export default plugin;
