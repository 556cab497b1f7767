//! What a command does to a policy.

use std::sync::Arc;

use engine::policy::{Policy, TipLadder};
use wire::control::{Action, Command};

use super::error::Refusal;
use super::stored_gates::{ARGS, StoredGates};

/// The role that may lift a kill.
pub const ADMIN: &str = "admin";

/// Whether the command is a kill (not an un-kill): the only one that a process of the same user may send
/// unsigned.
#[must_use]
pub fn is_kill(command: &Command) -> bool {
    command.action() == Action::Kill && command.args.get("kill").is_none_or(|text| text == "true")
}

/// Whether the command lifts a kill.
#[must_use]
pub fn is_unkill(command: &Command) -> bool {
    command.action() == Action::Kill && command.args.get("kill").is_some_and(|text| text == "false")
}

/// The effect of a command.
#[derive(Debug)]
pub struct Applied {
    /// The policy after it.
    pub policy: Policy,
    /// Whether pool state must be dropped.
    pub restart: bool,
}

/// The effect of `command` on `policy`.
///
/// # Errors
/// Why the command cannot be obeyed now.
pub fn apply(policy: &Policy, command: &Command) -> Result<Applied, Refusal> {
    let mut next = policy.clone();
    let mut restart = false;
    if is_kill(command) {
        // The command kills, whatever its other arguments are.
        return Ok(Applied { policy: Policy { killed: true, ..next }, restart: false });
    }
    let refuse_others = |known: &[&str]| {
        let unknown = command.args.keys().find(|key| !known.contains(&key.as_str()) && *key != "reason");
        unknown.map_or(Ok(()), |key| Err(Refusal::Argument(key.clone())))
    };
    match command.action() {
        Action::Start => {
            refuse_others(&[])?;
            if policy.killed {
                return Err(Refusal::Killed);
            }
            next.running = true;
        }
        Action::Stop => {
            refuse_others(&[])?;
            next.running = false;
        }
        Action::Restart => {
            refuse_others(&[])?;
            if policy.killed {
                return Err(Refusal::Killed);
            }
            (next.running, restart) = (true, true);
        }
        Action::Kill => {
            refuse_others(&["kill"])?;
            if !is_unkill(command) {
                return Err(Refusal::Kill(command.args.get("kill").cloned().unwrap_or_default()));
            }
            if command.role != ADMIN {
                return Err(Refusal::NeedsAdmin);
            }
            next.killed = false;
        }
        action @ (Action::Throttle | Action::Policy) => {
            refuse_others(&[&["throttle_pct", "ev_min", "tip_ladder", "score_min"][..], &ARGS].concat())?;
            set_policy(&mut next, command, action == Action::Throttle)?;
        }
    }
    Ok(Applied { policy: next, restart })
}

/// Sets what the arguments of a throttle or a policy name.
fn set_policy(next: &mut Policy, command: &Command, throttle: bool) -> Result<(), Refusal> {
    if throttle && !command.args.contains_key("throttle_pct") {
        return Err(Refusal::NoThrottle);
    }
    if let Some(text) = command.args.get("throttle_pct") {
        let value = text.parse::<u8>().ok().filter(|&value| value <= 100);
        next.throttle_pct = value.ok_or_else(|| Refusal::Throttle(text.clone()))?;
    }
    let within = |name: &'static str, low: f64, high: f64| -> Result<Option<f64>, Refusal> {
        let Some(text) = command.args.get(name) else { return Ok(None) };
        let value = text.parse::<f64>().ok().filter(|value| (low..=high).contains(value));
        value.map(Some).ok_or_else(|| Refusal::OutOfRange { name, text: text.clone(), low, high })
    };
    next.ev_min_sol = within("ev_min", 0.0, 10.0)?.unwrap_or(next.ev_min_sol);
    next.score_min = within("score_min", 0.0, 1.0)?.unwrap_or(next.score_min);
    let mut gates = StoredGates::from(&*next.trade_limits);
    gates.change(&command.args)?;
    next.trade_limits = Arc::new(gates.gates()?);
    if let Some(text) = command.args.get("tip_ladder") {
        let rungs: Option<Vec<f64>> = text.split(',').map(|rung| rung.trim().parse().ok()).collect();
        let ladder = rungs.and_then(|rungs| TipLadder::new(&rungs));
        next.tip_ladder = ladder.ok_or_else(|| Refusal::TipLadder(text.clone()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn command(action: Action, args: &[(&str, &str)]) -> Command {
        let args: HashMap<String, String> =
            args.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Command {
            ts: 1,
            module: 1,
            action: action.into(),
            args,
            request_id: "r".to_owned(),
            issuer: "local:0".to_owned(),
            schema_version: "ctrl-v1".to_owned(),
            role: ADMIN.to_owned(),
            sender: "one".to_owned(),
        }
    }

    #[test]
    fn apply_changes_what_the_command_names_and_refuses_the_rest() {
        let base = Policy::default();
        let killed = Policy { killed: true, ..base.clone() };
        let ladder = TipLadder::new(&[0.2, 0.4]).expect("rises");
        type Row<'a> = (&'a str, Policy, Action, &'a [(&'a str, &'a str)], Option<Policy>);
        let rows: [Row<'_>; 14] = [
            ("kill", base.clone(), Action::Kill, &[], Some(killed.clone())),
            ("un-kill", killed.clone(), Action::Kill, &[("kill", "false")], Some(base.clone())),
            ("kill maybe", base.clone(), Action::Kill, &[("kill", "no")], None),
            ("start killed", killed.clone(), Action::Start, &[], None),
            ("restart killed", killed.clone(), Action::Restart, &[], None),
            (
                "stop",
                base.clone(),
                Action::Stop,
                &[("reason", "x")],
                Some(Policy { running: false, ..base.clone() }),
            ),
            (
                "throttle",
                base.clone(),
                Action::Throttle,
                &[("throttle_pct", "25")],
                Some(Policy { throttle_pct: 25, ..base.clone() }),
            ),
            ("throttle much", base.clone(), Action::Throttle, &[("throttle_pct", "101")], None),
            ("throttle nothing", base.clone(), Action::Throttle, &[], None),
            (
                "ev_min",
                base.clone(),
                Action::Policy,
                &[("ev_min", "0.01")],
                Some(Policy { ev_min_sol: 0.01, ..base.clone() }),
            ),
            ("ev_min nan", base.clone(), Action::Policy, &[("ev_min", "NaN")], None),
            (
                "ladder",
                base.clone(),
                Action::Policy,
                &[("tip_ladder", "0.2, 0.4")],
                Some(Policy { tip_ladder: ladder, ..base.clone() }),
            ),
            ("ladder falls", base.clone(), Action::Policy, &[("tip_ladder", "0.4,0.2")], None),
            ("unknown", base.clone(), Action::Policy, &[("ev_mni", "1")], None),
        ];
        for (name, policy, action, args, expected) in rows {
            let got = apply(&policy, &command(action, args)).ok().map(|applied| applied.policy);
            assert_eq!(got, expected, "{name}");
        }
        for role in ["", "control", "Admin"] {
            let unkill = Command { role: role.to_owned(), ..command(Action::Kill, &[("kill", "false")]) };
            assert_eq!(apply(&killed, &unkill).err(), Some(Refusal::NeedsAdmin), "role `{role}`");
        }
        let unknown = command(Action::Kill, &[("kill", "true"), ("ev_mni", "1")]);
        assert!(apply(&base, &unknown).expect("kills").policy.killed, "no other argument stops a kill");
        assert!(apply(&base, &command(Action::Restart, &[])).expect("restarts").restart);
        assert!(
            is_kill(&command(Action::Kill, &[])) && !is_kill(&command(Action::Kill, &[("kill", "false")]))
        );
    }

    #[test]
    fn an_action_without_arguments_is_refused_with_one() {
        for action in [Action::Start, Action::Stop, Action::Restart] {
            let refused = apply(&Policy::default(), &command(action, &[("speed", "2")]));
            assert_eq!(refused.err(), Some(Refusal::Argument("speed".to_owned())), "{action:?}");
            assert!(
                apply(&Policy::default(), &command(action, &[("reason", "a test")])).is_ok(),
                "{action:?}"
            );
        }
        let killed = Policy { killed: true, ..Policy::default() };
        let mut lift = command(Action::Kill, &[("kill", "false"), ("speed", "2")]);
        lift.role = ADMIN.to_owned();
        assert_eq!(apply(&killed, &lift).err(), Some(Refusal::Argument("speed".to_owned())));
    }
}
