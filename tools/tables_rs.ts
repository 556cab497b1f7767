/** The columns of the store for Rust, from core/store/tables.ts. */
import { LAYOUTS, TABLES } from "../core/store/tables.ts";

/** `ffi/wire/src/store.rs`: names and layouts for the sink. */
export function tablesRs(): string {
  // Of two types that are written alike the block names the plain one.
  const names = Object.entries(LAYOUTS).filter(([type]) => !type.startsWith("LowCardinality"));
  const rows = TABLES.map(({ name, columns }) =>
    `    Table {\n        name: "${name}",\n        columns: &[\n${
      columns.map(({ name, type }) =>
        `            Column { name: "${name}", layout: Layout::${LAYOUTS[type]} },`
      ).join("\n")
    }\n        ],\n    },`
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

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As in the store.
    pub name: &'static str,
    /// Of its values.
    pub layout: Layout,
}

/// A table of the store.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// As in the store.
    pub name: &'static str,
    /// In the order in which rows are written.
    pub columns: &'static [Column],
}

/// The tables; the last one is of evidence.
pub const TABLES: [Table; ${TABLES.length}] = [
${rows.join("\n")}
];
`;
}
