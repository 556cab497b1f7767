/** The columns of the store for Rust, from core/store/tables.ts. */
import { LAYOUTS, TABLES } from "../core/store/tables.ts";

/** `ffi/wire/src/store.rs`: names and layouts for the sink. */
export function tablesRs(): string {
  // Of two types that are written alike the block names the plain one.
  const names = Object.entries(LAYOUTS).filter(([type]) => !type.startsWith("LowCardinality"));
  const rows = TABLES.map(({ name, columns }) =>
    `    (\n        "${name}",\n        &[\n${
      columns.map(({ name, type }) => `            ("${name}", Layout::${LAYOUTS[type]}),`).join("\n")
    }\n        ],\n    ),`
  );
  return `//! The columns of the store's tables, from core/store/tables.ts. Written by \`deno task gen\`.

/// How a column lies in a block of ClickHouse's Native format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
${names.map(([type, layout]) => `    /// \`${type}\`.\n    ${layout},`).join("\n")}
}

impl Layout {
    /// The type that a block names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
${names.map(([type, layout]) => `            Layout::${layout} => "${type}",`).join("\n")}
        }
    }
}

/// A column's name and layout.
pub type Column = (&'static str, Layout);

/// Names and columns of the tables, in the order in which rows are written; the last is of evidence.
pub const TABLES: [(&str, &[Column]); ${TABLES.length}] = [
${rows.join("\n")}
];
`;
}
