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

/// A column's name and layout.
pub type Column = (&'static str, Layout);

/// Names and columns of the tables, in the order in which rows are written; the last is of evidence.
pub const TABLES: [(&str, &[Column]); 5] = [
    (
        "arb_opportunities",
        &[
            ("dt", Layout::Time),
            ("decision_id", Layout::Id),
            ("producer_id", Layout::Text),
            ("seq", Layout::U64),
            ("event_ns", Layout::U64),
            ("kind", Layout::Text),
            ("tier", Layout::Text),
            ("module", Layout::Text),
            ("partition", Layout::U16),
            ("offset", Layout::U64),
            ("version", Layout::Text),
            ("slot", Layout::U64),
            ("tx_signature", Layout::Text),
            ("net_sol", Layout::F64),
            ("classification", Layout::Text),
            ("p_land_est", Layout::F64),
            ("tip_ladder", Layout::Ladder),
            ("bundle_id", Layout::Text),
        ],
    ),
    (
        "mev_opportunities",
        &[
            ("dt", Layout::Time),
            ("decision_id", Layout::Id),
            ("producer_id", Layout::Text),
            ("seq", Layout::U64),
            ("event_ns", Layout::U64),
            ("kind", Layout::Text),
            ("tier", Layout::Text),
            ("module", Layout::Text),
            ("partition", Layout::U16),
            ("offset", Layout::U64),
            ("version", Layout::Text),
            ("slot", Layout::U64),
            ("attacker", Layout::Text),
            ("net_sol", Layout::F64),
            ("type", Layout::Text),
            ("p_land_est", Layout::F64),
            ("tip_ladder", Layout::Ladder),
            ("bundle_id", Layout::Text),
        ],
    ),
    (
        "bundle_outcomes_typed",
        &[
            ("dt", Layout::Time),
            ("decision_id", Layout::Id),
            ("producer_id", Layout::Text),
            ("seq", Layout::U64),
            ("event_ns", Layout::U64),
            ("kind", Layout::Text),
            ("tier", Layout::Text),
            ("module", Layout::Text),
            ("partition", Layout::U16),
            ("offset", Layout::U64),
            ("bundle_id", Layout::Text),
            ("landed", Layout::Bool),
            ("tip_lamports", Layout::U64),
            ("path", Layout::Text),
            ("leader", Layout::Text),
            ("simulated", Layout::Bool),
            ("reason", Layout::Text),
            ("outcome_module", Layout::Text),
            ("slot", Layout::U64),
        ],
    ),
    (
        "metrics_typed",
        &[
            ("dt", Layout::Time),
            ("decision_id", Layout::Id),
            ("producer_id", Layout::Text),
            ("seq", Layout::U64),
            ("event_ns", Layout::U64),
            ("kind", Layout::Text),
            ("tier", Layout::Text),
            ("module", Layout::Text),
            ("partition", Layout::U16),
            ("offset", Layout::U64),
            ("hotpath_p50", Layout::F64),
            ("hotpath_p99", Layout::F64),
            ("send_p99", Layout::F64),
            ("landed_pct", Layout::F64),
            ("pnl_1h", Layout::F64),
            ("metrics_module", Layout::Text),
            ("instance", Layout::Text),
            ("paper", Layout::Bool),
        ],
    ),
    (
        "decision_evidence",
        &[
            ("dt", Layout::Time),
            ("decision_id", Layout::Id),
            ("evidence", Layout::Text),
            ("partition", Layout::U16),
            ("offset", Layout::U64),
        ],
    ),
];
