//! The topics, from proto/topics.ts. Written by `deno task gen`.

/// Its records are of the kind `agent-report`.
pub const AGENT_STATUS_PROTO: &str = "agent-status-proto";
/// Its records are of the kind `json`.
pub const ARBITRAGE_DECISIONS: &str = "arbitrage-decisions";
/// Its records are of the kind `envelope`.
pub const ARBITRAGE_DECISIONS_PROTO: &str = "arbitrage-decisions-proto";
/// Its records are of the kind `audit`.
pub const AUDIT_PROTO: &str = "audit-proto";
/// Its records are of the kind `envelope`.
pub const BUNDLE_OUTCOMES_PROTO: &str = "bundle-outcomes-proto";
/// Its records are of the kind `json`.
pub const CONTROL_COMMANDS: &str = "control-commands";
/// Its records are of the kind `command`.
pub const CONTROL_COMMANDS_PROTO: &str = "control-commands-proto";
/// Its records are of the kind `receipt`.
pub const CONTROL_RECEIPTS_PROTO: &str = "control-receipts-proto";
/// Its records are of the kind `control-state`.
pub const CONTROL_STATE_PROTO: &str = "control-state-proto";
/// Its records are of the kind `evidence`.
pub const DECISION_EVIDENCE: &str = "decision-evidence";
/// Its records are of the kind `envelope`.
pub const JOB_STATUS_PROTO: &str = "job-status-proto";
/// Its records are of the kind `job`.
pub const JOBS_PROTO: &str = "jobs-proto";
/// Its records are of the kind `envelope`.
pub const METRICS_PROTO: &str = "metrics-proto";
/// Its records are of the kind `model-news`.
pub const MODEL_ARTEFACTS_PROTO: &str = "model-artefacts-proto";
/// Its records are of the kind `model-event`.
pub const MODEL_EVENTS_PROTO: &str = "model-events-proto";
/// Its records are of the kind `json`.
pub const SANDWICH_DECISIONS: &str = "sandwich-decisions";
/// Its records are of the kind `envelope`.
pub const SANDWICH_DECISIONS_PROTO: &str = "sandwich-decisions-proto";
/// Its records are of the kind `json`.
pub const SANDWICH_OUTCOMES: &str = "sandwich-outcomes";
/// Its records are of the kind `json`.
pub const SANDWICH_RAW: &str = "sandwich-raw";

/// Of these the oldest records may go when the spool is full, also those that the link has not sent.
pub const DROPPABLE: [&str; 8] = [
    AGENT_STATUS_PROTO,
    ARBITRAGE_DECISIONS,
    ARBITRAGE_DECISIONS_PROTO,
    DECISION_EVIDENCE,
    METRICS_PROTO,
    SANDWICH_DECISIONS,
    SANDWICH_DECISIONS_PROTO,
    SANDWICH_RAW,
];
