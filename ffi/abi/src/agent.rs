//! The agent for JavaScript: started with JSON; its counters are read on a timer.

use agent::{Agent, AgentOptions};
use control::client::{self, SendOptions};

use crate::buffers::{answer_text, call};
use crate::failure::Failure;
use crate::handles::Handles;

static AGENTS: Handles<Agent> = Handles::new("the agent");

/// Starts an agent (`agent::AgentOptions` as JSON); returns its handle.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_agent_start(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |_| {
        let options: AgentOptions = options.json("Cannot start the agent")?;
        let agent = Agent::start(&options)?;
        Ok(AGENTS.insert(agent))
    })
}

/// Writes the counters as JSON; returns the length.
///
/// # Safety
/// `out` valid for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_agent_status(agent: u32, out: *mut u8, out_len: u32) -> i32 {
    call!(out[out_len], |out| {
        let agent = AGENTS.get(agent)?;
        answer_text(out, &agent.status())
    })
}

/// Stops an agent after the current block and waits for it. Blocks.
/// On a thread of its own.
#[unsafe(no_mangle)]
pub extern "C" fn legend_agent_close(agent: u32) {
    drop(AGENTS.remove(agent));
}

/// Sends one command to one module (`control::client::SendOptions` as JSON); writes the result as JSON.
/// Blocks until the agent answered or the wait is over.
/// On a thread of its own.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_control_send(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], |out| {
        let options: SendOptions = options.json("Cannot control")?;
        let sent = client::send(&options)?;
        let json = serde_json::to_string(&sent)
            .map_err(|error| Failure::invalid(format!("Cannot control: {error}")))?;
        answer_text(out, &json)
    })
}

/// What `legend_agent_record_verify` checks, and with which keys.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordOptions {
    kind: client::RecordKind,
    data_dir: std::path::PathBuf,
    sign_sk_hex: Option<String>,
}

/// 1 if an agent of this installation, on any host, signed the record (`RecordOptions` as JSON); otherwise 0.
///
/// # Safety
/// `options` and `record` valid for their lengths' reads, `out` for `out_len` writes, unshared until the call
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_agent_record_verify(
    options: *const u8,
    options_len: u32,
    record: *const u8,
    record_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    call!(out[out_len], options[options_len], record[record_len], |_| {
        let options: RecordOptions = options.json("Cannot check a signature")?;
        let record = record.bytes()?;
        let RecordOptions { kind, data_dir, sign_sk_hex } = options;
        let signed = client::is_signed(kind, record, &data_dir, sign_sk_hex.as_deref());
        Ok(i32::from(signed?))
    })
}
