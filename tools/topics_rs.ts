/** `ffi/wire/src/topics.rs`: the names of the topics for Rust, from their rows in proto/topics.ts. */
import { type TopicDefinition, TOPICS } from "../proto/topics.ts";

const constant = (name: string) => name.toUpperCase().replaceAll("-", "_");

/** The whole file, as rustfmt leaves it. */
export function topicsRs(topics: readonly TopicDefinition[] = TOPICS): string {
  const names = topics.map(({ name, content }) =>
    `/// Its records are of the kind \`${content}\`.\npub const ${constant(name)}: &str = "${name}";`
  );
  const droppable = topics.filter((topic) => topic.droppable).map(({ name }) => `    ${constant(name)},`);
  return `//! The topics, from proto/topics.ts. Written by \`deno task gen\`.

${names.join("\n")}

/// Of these the oldest records may go when the spool is full, also those that the link has not sent.
pub const DROPPABLE: [&str; ${droppable.length}] = [
${droppable.join("\n")}
];
`;
}
