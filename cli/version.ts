import { type Command, EXIT } from "./command.ts";

export const version: Command = {
  name: "version",
  args: "",
  summary: "Tell the version and what it runs on",
  flags: [{ name: "json", doc: "One JSON object" }],
  run({ flags }, context) {
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
