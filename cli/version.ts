import { AppError } from "../core/platform/errors.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";

export const version: VerbBody = {
  run({ flags }, context) {
    if (flags.licences) {
      context.out(licenceTexts());
      return EXIT.done;
    }
    const facts = {
      legend: context.version,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      library_abi: context.library().symbols.legend_abi_version(),
      target: Deno.build.target,
      packed: Deno.env.get("LEGEND_PACKED") ?? "no",
    };
    if (flags.json) context.out(`${JSON.stringify(facts)}\n`);
    else {context.out(`legend ${facts.legend}\n${
        Object.entries(facts).slice(1).map(([k, v]) => `  ${k} ${v}\n`).join("")
      }`);}
    return EXIT.done;
  },
};

/** NOTICE and the licence texts, as they were packed. */
function licenceTexts(): string {
  const root = Deno.env.get("LEGEND_ROOT");
  if (!root) {
    throw new AppError(
      "not_found",
      "Cannot show licences: this is a checkout, see NOTICE; the executable has their texts",
    );
  }
  return ["LICENSE", "NOTICE", "LICENCES"].map((name) => Deno.readTextFileSync(`${root}/${name}`)).join("\n");
}
