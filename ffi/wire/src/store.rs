//! The columns of the store's tables, from core/store/tables.ts. Written by `deno task gen`.

/// How a column lies in a block of ClickHouse's Native format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `DateTime64(3, 'UTC')`.
    Time,
    /// `FixedString(16)`.
    Id,
    /// `String`.
    Text,
    /// `UInt16`.
    U16,
    /// `UInt64`.
    U64,
    /// `Float64`.
    F64,
    /// `Bool`.
    Bool,
    /// `Array(Float64)`.
    Ladder,
}

impl Layout {
    /// The type that a block names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Layout::Time => "DateTime64(3, 'UTC')",
            Layout::Id => "FixedString(16)",
            Layout::Text => "String",
            Layout::U16 => "UInt16",
            Layout::U64 => "UInt64",
            Layout::F64 => "Float64",
            Layout::Bool => "Bool",
            Layout::Ladder => "Array(Float64)",
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
pub const TABLES: [Table; 5] = [
    Table {
        name: "arb_opportunities",
        columns: &[
            Column { name: "dt", layout: Layout::Time },
            Column { name: "decision_id", layout: Layout::Id },
            Column { name: "producer_id", layout: Layout::Text },
            Column { name: "seq", layout: Layout::U64 },
            Column { name: "event_ns", layout: Layout::U64 },
            Column { name: "kind", layout: Layout::Text },
            Column { name: "tier", layout: Layout::Text },
            Column { name: "module", layout: Layout::Text },
            Column { name: "partition", layout: Layout::U16 },
            Column { name: "offset", layout: Layout::U64 },
            Column { name: "version", layout: Layout::Text },
            Column { name: "slot", layout: Layout::U64 },
            Column { name: "tx_signature", layout: Layout::Text },
            Column { name: "net_sol", layout: Layout::F64 },
            Column { name: "classification", layout: Layout::Text },
            Column { name: "p_land_est", layout: Layout::F64 },
            Column { name: "tip_ladder", layout: Layout::Ladder },
            Column { name: "bundle_id", layout: Layout::Text },
        ],
    },
    Table {
        name: "mev_opportunities",
        columns: &[
            Column { name: "dt", layout: Layout::Time },
            Column { name: "decision_id", layout: Layout::Id },
            Column { name: "producer_id", layout: Layout::Text },
            Column { name: "seq", layout: Layout::U64 },
            Column { name: "event_ns", layout: Layout::U64 },
            Column { name: "kind", layout: Layout::Text },
            Column { name: "tier", layout: Layout::Text },
            Column { name: "module", layout: Layout::Text },
            Column { name: "partition", layout: Layout::U16 },
            Column { name: "offset", layout: Layout::U64 },
            Column { name: "version", layout: Layout::Text },
            Column { name: "slot", layout: Layout::U64 },
            Column { name: "attacker", layout: Layout::Text },
            Column { name: "net_sol", layout: Layout::F64 },
            Column { name: "type", layout: Layout::Text },
            Column { name: "p_land_est", layout: Layout::F64 },
            Column { name: "tip_ladder", layout: Layout::Ladder },
            Column { name: "bundle_id", layout: Layout::Text },
        ],
    },
    Table {
        name: "bundle_outcomes_typed",
        columns: &[
            Column { name: "dt", layout: Layout::Time },
            Column { name: "decision_id", layout: Layout::Id },
            Column { name: "producer_id", layout: Layout::Text },
            Column { name: "seq", layout: Layout::U64 },
            Column { name: "event_ns", layout: Layout::U64 },
            Column { name: "kind", layout: Layout::Text },
            Column { name: "tier", layout: Layout::Text },
            Column { name: "module", layout: Layout::Text },
            Column { name: "partition", layout: Layout::U16 },
            Column { name: "offset", layout: Layout::U64 },
            Column { name: "bundle_id", layout: Layout::Text },
            Column { name: "landed", layout: Layout::Bool },
            Column { name: "tip_lamports", layout: Layout::U64 },
            Column { name: "path", layout: Layout::Text },
            Column { name: "leader", layout: Layout::Text },
            Column { name: "simulated", layout: Layout::Bool },
            Column { name: "reason", layout: Layout::Text },
            Column { name: "outcome_module", layout: Layout::Text },
            Column { name: "slot", layout: Layout::U64 },
        ],
    },
    Table {
        name: "metrics_typed",
        columns: &[
            Column { name: "dt", layout: Layout::Time },
            Column { name: "decision_id", layout: Layout::Id },
            Column { name: "producer_id", layout: Layout::Text },
            Column { name: "seq", layout: Layout::U64 },
            Column { name: "event_ns", layout: Layout::U64 },
            Column { name: "kind", layout: Layout::Text },
            Column { name: "tier", layout: Layout::Text },
            Column { name: "module", layout: Layout::Text },
            Column { name: "partition", layout: Layout::U16 },
            Column { name: "offset", layout: Layout::U64 },
            Column { name: "hotpath_p50", layout: Layout::F64 },
            Column { name: "hotpath_p99", layout: Layout::F64 },
            Column { name: "send_p99", layout: Layout::F64 },
            Column { name: "landed_pct", layout: Layout::F64 },
            Column { name: "pnl_1h", layout: Layout::F64 },
            Column { name: "metrics_module", layout: Layout::Text },
            Column { name: "instance", layout: Layout::Text },
            Column { name: "paper", layout: Layout::Bool },
        ],
    },
    Table {
        name: "decision_evidence",
        columns: &[
            Column { name: "dt", layout: Layout::Time },
            Column { name: "decision_id", layout: Layout::Id },
            Column { name: "evidence", layout: Layout::Text },
            Column { name: "partition", layout: Layout::U16 },
            Column { name: "offset", layout: Layout::U64 },
        ],
    },
];
