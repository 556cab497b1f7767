//! Rows as blocks of ClickHouse's Native format: by column, which the server takes without conversion.

use wire::store::{Column as Definition, Layout};
use wire::varint::push_varint;

/// One column's values.
struct Column {
    definition: Definition,
    bytes: Vec<u8>,
    /// For a ladder: where each row's list ends.
    ends: Vec<u8>,
}

/// One table's rows, by column.
pub(super) struct Rows {
    columns: Vec<Column>,
    pub(super) count: u64,
}

impl Rows {
    pub(super) fn new(definitions: &[Definition]) -> Rows {
        let empty = |&definition| Column { definition, bytes: Vec::new(), ends: Vec::new() };
        let columns = definitions.iter().map(empty).collect();
        Rows { columns, count: 0 }
    }

    pub(super) fn clear(&mut self) {
        for column in &mut self.columns {
            column.bytes.clear();
            column.ends.clear();
        }
        self.count = 0;
    }

    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.bytes.len() + column.ends.len()).sum()
    }

    pub(super) fn next(&mut self) -> Row<'_> {
        self.count += 1;
        Row { columns: self.columns.iter_mut() }
    }

    /// Names of the columns, in their order.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.definition.name).collect()
    }

    /// The rows as one block.
    pub(super) fn block(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes() + 64 * self.columns.len());
        push_varint(&mut out, self.columns.len() as u64);
        push_varint(&mut out, self.count);
        for Column { definition: Definition { name, layout }, bytes, ends } in &self.columns {
            string(&mut out, name);
            string(&mut out, layout.name());
            out.extend_from_slice(ends);
            out.extend_from_slice(bytes);
        }
        out
    }
}

/// The columns of a row that are not written yet; each value goes to the next one.
pub(super) struct Row<'a> {
    columns: std::slice::IterMut<'a, Column>,
}

impl Row<'_> {
    fn column(&mut self, layout: Layout) -> &mut Column {
        let column = self.columns.next().expect("a row has as many values as its table has columns");
        debug_assert!(column.definition.layout == layout, "{}", column.definition.name);
        column
    }

    pub(super) fn time(&mut self, at_ms: i64) {
        self.column(Layout::Time).bytes.extend_from_slice(&at_ms.to_le_bytes());
    }

    pub(super) fn id(&mut self, id: &[u8; 16]) {
        self.column(Layout::Id).bytes.extend_from_slice(id);
    }

    pub(super) fn text(&mut self, text: &str) {
        string(&mut self.column(Layout::Text).bytes, text);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.column(Layout::U16).bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.column(Layout::U64).bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn f64(&mut self, value: f64) {
        self.column(Layout::F64).bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.column(Layout::Bool).bytes.push(value.into());
    }

    pub(super) fn ladder(&mut self, rungs: &[f64]) {
        let Column { bytes, ends, .. } = self.column(Layout::Ladder);
        for rung in rungs {
            bytes.extend_from_slice(&rung.to_le_bytes());
        }
        ends.extend_from_slice(&(bytes.len() as u64 / 8).to_le_bytes());
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    push_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}
