//! Names of modules and actions, as people and files have them.

pub use wire::control::Module;

use wire::control::Action;

pub use wire::names::{action as action_name, module as module_name};

/// The module of a name.
#[must_use]
pub fn module_of(name: &str) -> Option<Module> {
    [Module::Arbitrage, Module::Mev].into_iter().find(|module| module_name(*module) == name)
}

/// The action of a name.
#[must_use]
pub fn action_of(name: &str) -> Option<Action> {
    [Action::Start, Action::Stop, Action::Restart, Action::Throttle, Action::Policy, Action::Kill]
        .into_iter()
        .find(|action| action_name(*action) == name)
}
