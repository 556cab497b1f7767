//! A kill on the agent's host: by its socket, by the latch on disk and a signal, or by its state on disk. It
//! counts as taken when no agent of the module decides here any more; otherwise the reason is given.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use super::agent_process::{Holder, has_taken_signal, holder, is_frozen, signal};
use super::command::Signed;
use super::delivery::{SendOptions, Sent, accept, offline, receipt_json, unknown};
use super::error::ControlError;
use super::latch;
use super::names::{Module, module_name};
use super::socket_client::Asked;
use super::state::is_killed_on_disk;

/// How long to wait for the socket alone; a healthy agent answers in a fraction of it.
const SOCKET_WAIT: Duration = Duration::from_millis(400);
/// How often to check whether the agent is frozen; a frozen agent is not worth waiting for.
const LOOK: Duration = Duration::from_millis(25);
/// How long a signalled agent may take to confirm the kill, by its answer or on disk.
const SIGNAL_WAIT: Duration = Duration::from_millis(1_200);

/// Kills the module's agent on this host.
pub(super) fn kill_here(options: &SendOptions, module: Module, signed: &Signed, sent: &mut Sent) {
    let mut asked = Asked::new(&options.data_dir, module, signed);
    if let Ok(asked) = &mut asked
        && first_answer(asked, options, sent)
    {
        return;
    }
    let (asked, source) = match asked {
        Ok(asked) => (Some(asked), ErrorKind::TimedOut.into()),
        Err(error) => (None, error),
    };
    let why = ControlError::NoAnswer { module: module_name(module), source, waited: SOCKET_WAIT };
    sent.agent_error = Some(why.to_string());
    if options.disk {
        without_answer(options, module, signed, asked, sent);
    }
}

/// Waits for the answer while the agent is able to give one.
fn first_answer(asked: &mut Asked, options: &SendOptions, sent: &mut Sent) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < SOCKET_WAIT {
        match asked.receipt(LOOK) {
            Ok(receipt) => {
                accept(options, sent, &receipt);
                return true;
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            Err(_) => return false,
        }
        if asked.pid.is_some_and(is_frozen) {
            return false;
        }
    }
    false
}

fn without_answer(
    options: &SendOptions,
    module: Module,
    signed: &Signed,
    asked: Option<Asked>,
    sent: &mut Sent,
) {
    let name = module_name(module);
    let request_id = sent.request_id.clone();
    let latch = || latch::set(&options.data_dir, name, &request_id).map_err(ControlError::LatchNotWritten);
    match holder(&options.data_dir, module) {
        Holder::Us(_held) => on_disk(options, module, signed, latch().is_ok(), sent),
        Holder::Agent(pid) => {
            by_signal(options, module, asked, pid, latch(), sent);
            // It ended meanwhile: an agent by itself, a replay by the signal.
            if !sent.taken
                && let Holder::Us(_held) = holder(&options.data_dir, module)
            {
                on_disk(options, module, signed, latch().is_ok(), sent);
            }
        }
        Holder::Unknown(error) => {
            let why = unknown(module, &error);
            by_signal(options, module, asked, None, latch(), sent);
            if !sent.taken {
                sent.agent_error = Some(why);
            }
        }
    }
}

/// For a module without a running agent; none can start while this process holds the lock.
fn on_disk(options: &SendOptions, module: Module, signed: &Signed, is_latched: bool, sent: &mut Sent) {
    let name = module_name(module);
    match offline(options, module, signed) {
        // If the state on disk could not be written, the latch still holds the kill.
        Ok(receipt) if receipt.reason.is_empty() || is_latched => {
            (sent.path, sent.taken) = ("disk", true);
            (sent.receipt, sent.agent_error) = (Some(receipt_json(&receipt, true)), None);
        }
        Ok(receipt) => sent.agent_error = Some(receipt.reason),
        Err(error) => {
            let note = format!("no {name} agent runs, its next start is latched ({error})");
            sent.taken = is_latched;
            sent.path = if sent.taken { "disk" } else { "none" };
            sent.agent_error = Some(if sent.taken { note } else { error.to_string() });
        }
    }
}

/// For an agent that runs and has not answered.
fn by_signal(
    options: &SendOptions,
    module: Module,
    mut asked: Option<Asked>,
    holder: Option<i32>,
    latched: Result<(), ControlError>,
    sent: &mut Sent,
) {
    let name = module_name(module);
    let pid = holder.or_else(|| asked.as_ref().and_then(|asked| asked.pid));
    let signalled = pid.is_some_and(signal);
    let begin = Instant::now();
    while begin.elapsed() < SIGNAL_WAIT {
        // A process being stopped runs for a moment longer; once it is stopped, there is nothing to wait for.
        if let Some(pid) = pid.filter(|&pid| is_frozen(pid)) {
            return frozen(name, signal(pid), latched, sent);
        }
        match asked.as_mut().map(|asked| asked.receipt(LOOK)) {
            Some(Ok(receipt)) => return accept(options, sent, &receipt),
            Some(Err(error)) if error.kind() == ErrorKind::TimedOut => {}
            _ => {
                asked = None;
                std::thread::sleep(LOOK);
            }
        }
        if latched.is_ok() && is_killed(&options.data_dir, name) {
            break;
        }
    }
    if let Some(pid) = pid.filter(|&pid| is_frozen(pid)) {
        return frozen(name, signal(pid), latched, sent);
    }
    let said = is_killed(&options.data_dir, name);
    // The signal's handler needs no thread, lock or disk of the agent, but it must have run; the latch alone
    // needs the agent's watch thread.
    let signalled = signalled && pid.is_some_and(has_taken_signal);
    sent.taken = signalled || (latched.is_ok() && said);
    sent.path = if sent.taken { "signal" } else { "none" };
    sent.agent_error = match (latched, sent.taken) {
        (Err(error), true) => {
            Some(format!("the {name} agent was signalled, but {error}: the kill will not outlive a restart"))
        }
        (Err(error), false) => Some(format!("the {name} agent cannot be signalled, and {error}")),
        (Ok(()), true) if said => None,
        (Ok(()), true) => Some(format!("the {name} agent was signalled and has not said so yet")),
        (Ok(()), false) => {
            Some(format!("the {name} agent cannot be signalled and has not looked at its latch"))
        }
    };
}

/// For a stopped agent: it takes the signal before its next instruction. If it is ended first, its next start
/// takes the latch.
fn frozen(name: &str, signalled: bool, latched: Result<(), ControlError>, sent: &mut Sent) {
    sent.taken = signalled && latched.is_ok();
    sent.path = if sent.taken { "signal" } else { "none" };
    sent.agent_error = Some(match latched {
        Ok(()) if signalled => format!("the {name} agent is frozen: it takes the kill when it runs again"),
        Ok(()) => format!("the {name} agent is frozen and cannot be signalled; its next start is killed"),
        Err(error) => format!("the {name} agent is frozen, and {error}"),
    });
}

fn is_killed(data_dir: &Path, name: &str) -> bool {
    is_killed_on_disk(&data_dir.join("agents"), name) == Some(true)
}
