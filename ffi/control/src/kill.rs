//! A kill on the agent's host: by its socket, by the latch on disk and a signal, or by its state on disk. It
//! counts as taken when no agent of the module decides here any more; otherwise the reason is given.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use super::agent_process::{Holder, has_taken_signal, holder, is_frozen, signal};
use super::delivery::{SendOptions, Sent, apply_offline, receipt_json, record_receipt, unknown_agent_state};
use super::error::ControlError;
use super::latch;
use super::names::{Module, module_name};
use super::signed::Signed;
use super::socket_client::PendingRequest;
use super::state::is_killed_on_disk;

/// How long to wait for the socket alone; a healthy agent answers in a fraction of it.
const SOCKET_WAIT: Duration = Duration::from_millis(400);
/// How often to check whether the agent is frozen; a frozen agent is not worth waiting for.
const POLL_INTERVAL: Duration = Duration::from_millis(25);
/// How long a signalled agent may take to confirm the kill, by its answer or on disk.
const SIGNAL_WAIT: Duration = Duration::from_millis(1_200);

/// Kills the module's agent on this host.
pub(super) fn kill_here(options: &SendOptions, module: Module, signed: &Signed, sent: &mut Sent) {
    let mut request = PendingRequest::new(&options.data_dir, module, signed);
    if let Ok(request) = &mut request
        && first_answer(request, options, sent)
    {
        return;
    }
    let (request, source) = match request {
        Ok(request) => (Some(request), ErrorKind::TimedOut.into()),
        Err(error) => (None, error),
    };
    let why = ControlError::NoAnswer { module: module_name(module), source, waited: SOCKET_WAIT };
    sent.agent_error = Some(why.to_string());
    if options.disk {
        kill_without_answer(options, module, signed, request, sent);
    }
}

/// Waits for the answer while the agent is able to give one.
fn first_answer(request: &mut PendingRequest, options: &SendOptions, sent: &mut Sent) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < SOCKET_WAIT {
        match request.receipt(POLL_INTERVAL) {
            Ok(receipt) => {
                record_receipt(options, sent, &receipt);
                return true;
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            Err(_) => return false,
        }
        if request.pid.is_some_and(is_frozen) {
            return false;
        }
    }
    false
}

fn kill_without_answer(
    options: &SendOptions,
    module: Module,
    signed: &Signed,
    request: Option<PendingRequest>,
    sent: &mut Sent,
) {
    let name = module_name(module);
    let request_id = sent.request_id.clone();
    let latch = || latch::set(&options.data_dir, name, &request_id).map_err(ControlError::LatchNotWritten);
    match holder(&options.data_dir, module) {
        Holder::ThisProcess(_held) => kill_on_disk(options, module, signed, latch().is_ok(), sent),
        Holder::Agent(pid) => {
            kill_by_signal(options, module, request, pid, latch(), sent);
            // The process has ended meanwhile: an agent by itself, a replay by the signal.
            if !sent.taken
                && let Holder::ThisProcess(_held) = holder(&options.data_dir, module)
            {
                kill_on_disk(options, module, signed, latch().is_ok(), sent);
            }
        }
        Holder::Unknown(error) => {
            let why = unknown_agent_state(module, &error);
            kill_by_signal(options, module, request, None, latch(), sent);
            if !sent.taken {
                sent.agent_error = Some(why);
            }
        }
    }
}

/// For a module without a running agent; none can start while this process holds the lock.
fn kill_on_disk(options: &SendOptions, module: Module, signed: &Signed, is_latched: bool, sent: &mut Sent) {
    let name = module_name(module);
    match apply_offline(options, module, signed) {
        // If the state on disk could not be written, the latch still holds the kill.
        Ok(receipt) if receipt.reason.is_empty() || is_latched => {
            (sent.path, sent.taken) = ("disk", true);
            (sent.receipt, sent.agent_error) = (Some(receipt_json(&receipt, true)), None);
        }
        Ok(receipt) => sent.agent_error = Some(receipt.reason),
        Err(error) => {
            let note = format!("no {name} agent runs, the next one starts killed ({error})");
            sent.taken = is_latched;
            sent.path = if sent.taken { "disk" } else { "none" };
            sent.agent_error = Some(if sent.taken { note } else { error.to_string() });
        }
    }
}

/// For an agent that runs and has not answered.
fn kill_by_signal(
    options: &SendOptions,
    module: Module,
    mut request: Option<PendingRequest>,
    holder: Option<i32>,
    latched: Result<(), ControlError>,
    sent: &mut Sent,
) {
    let name = module_name(module);
    let pid = holder.or_else(|| request.as_ref().and_then(|request| request.pid));
    let signalled = pid.is_some_and(signal);
    let begin = Instant::now();
    while begin.elapsed() < SIGNAL_WAIT {
        // A process being stopped runs for a moment longer; once it is stopped, there is nothing to wait for.
        if let Some(pid) = pid.filter(|&pid| is_frozen(pid)) {
            return report_frozen(name, signal(pid), latched, sent);
        }
        match request.as_mut().map(|request| request.receipt(POLL_INTERVAL)) {
            Some(Ok(receipt)) => return record_receipt(options, sent, &receipt),
            Some(Err(error)) if error.kind() == ErrorKind::TimedOut => {}
            _ => {
                request = None;
                std::thread::sleep(POLL_INTERVAL);
            }
        }
        if latched.is_ok() && is_killed(&options.data_dir, name) {
            break;
        }
    }
    if let Some(pid) = pid.filter(|&pid| is_frozen(pid)) {
        return report_frozen(name, signal(pid), latched, sent);
    }
    let is_confirmed = is_killed(&options.data_dir, name);
    // The signal's handler needs no thread, lock or disk of the agent, but it must have run; the latch alone
    // needs the agent's control loop.
    let signalled = signalled && pid.is_some_and(has_taken_signal);
    sent.taken = signalled || (latched.is_ok() && is_confirmed);
    sent.path = if sent.taken { "signal" } else { "none" };
    sent.agent_error = match (latched, sent.taken) {
        (Err(error), true) => {
            Some(format!("the {name} agent was signalled, but {error}: the kill will not outlive a restart"))
        }
        (Err(error), false) => Some(format!("the {name} agent cannot be signalled, and {error}")),
        (Ok(()), true) if is_confirmed => None,
        (Ok(()), true) => Some(format!("the {name} agent was signalled and has not confirmed it yet")),
        (Ok(()), false) => {
            Some(format!("the {name} agent cannot be signalled and has not checked its latch"))
        }
    };
}

/// For a stopped agent: it takes the signal before its next instruction. If it is ended first, its next start
/// takes the latch.
fn report_frozen(name: &str, signalled: bool, latched: Result<(), ControlError>, sent: &mut Sent) {
    sent.taken = signalled && latched.is_ok();
    sent.path = if sent.taken { "signal" } else { "none" };
    sent.agent_error = Some(match latched {
        Ok(()) if signalled => {
            format!("the {name} agent is frozen: it stops deciding as soon as it runs again")
        }
        Ok(()) => format!("the {name} agent is frozen and cannot be signalled; after a restart it is killed"),
        Err(error) => format!("the {name} agent is frozen, and {error}"),
    });
}

fn is_killed(data_dir: &Path, name: &str) -> bool {
    is_killed_on_disk(&data_dir.join("agents"), name) == Some(true)
}
