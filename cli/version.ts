import { AppError } from "../core/errors.ts";
import { type Command, EXIT } from "./command.ts";

export const version: Command = {
  name: "version",
  args: "",
  summary: "Tell the version and what it runs on",
  flags: [
    { name: "json", doc: "One JSON object" },
    { name: "licences", doc: "The works of others that are packed, and the texts of their licences" },
  ],
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

/** NOTICE and the texts, as they were packed. */
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
