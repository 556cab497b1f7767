//! Names of modules and actions, as shown to people and used in files.

pub use wire::control::Module;

use wire::control::Action;

pub use wire::names::{action as action_name, module as module_name};

/// The module with this name.
#[must_use]
pub fn module_of(name: &str) -> Option<Module> {
    [Module::Arbitrage, Module::Mev].into_iter().find(|module| module_name(*module) == name)
}

/// The action with this name.
#[must_use]
pub fn action_of(name: &str) -> Option<Action> {
    [Action::Start, Action::Stop, Action::Restart, Action::Throttle, Action::Policy, Action::Kill]
        .into_iter()
        .find(|action| action_name(*action) == name)
}
