//! Names of modules and actions, as people and files have them.

pub use wire::control::Module;

use wire::control::Action;

/// `arbitrage` or `mev`.
#[must_use]
pub fn module_name(module: Module) -> &'static str {
    match module {
        Module::Arbitrage => "arbitrage",
        Module::Mev => "mev",
    }
}

/// The module of a name.
#[must_use]
pub fn module_of(name: &str) -> Option<Module> {
    [Module::Arbitrage, Module::Mev].into_iter().find(|module| module_name(*module) == name)
}

/// A command as text, for lines to people.
#[must_use]
pub fn action_name(action: Action) -> &'static str {
    match action {
        Action::Start => "start",
        Action::Stop => "stop",
        Action::Restart => "restart",
        Action::Throttle => "throttle",
        Action::Policy => "policy",
        Action::Kill => "kill",
    }
}

/// The action of a name.
#[must_use]
pub fn action_of(name: &str) -> Option<Action> {
    [Action::Start, Action::Stop, Action::Restart, Action::Throttle, Action::Policy, Action::Kill]
        .into_iter()
        .find(|action| action_name(*action) == name)
}
