//! Names of modules, kinds, tiers and actions. Written by `deno task gen` from proto/*.proto.

use crate::{control, realtime};

/// Of a `realtime.Kind`, as people and files have it.
#[must_use]
#[inline]
pub fn kind(value: realtime::Kind) -> &'static str {
    match value {
        realtime::Kind::Unknown => "unknown",
        realtime::Kind::Sandwich => "sandwich",
        realtime::Kind::WideSandwich => "wide_sandwich",
        realtime::Kind::Arbitrage => "arbitrage",
        realtime::Kind::OpenSandwich => "open_sandwich",
        realtime::Kind::OpenArbitrage => "open_arbitrage",
    }
}

/// Of a `realtime.Envelope.Tier`, as people and files have it.
#[must_use]
#[inline]
pub fn tier(value: realtime::envelope::Tier) -> &'static str {
    match value {
        realtime::envelope::Tier::None => "",
        realtime::envelope::Tier::A => "A",
        realtime::envelope::Tier::B => "B",
        realtime::envelope::Tier::C => "C",
    }
}

/// Of a `realtime.Module`, as people and files have it.
#[must_use]
#[inline]
pub fn envelope_module(value: realtime::Module) -> &'static str {
    match value {
        realtime::Module::None => "",
        realtime::Module::Arbitrage => "arbitrage",
        realtime::Module::Mev => "mev",
    }
}

/// Of a `control.Module`, as people and files have it.
#[must_use]
#[inline]
pub fn module(value: control::Module) -> &'static str {
    match value {
        control::Module::Arbitrage => "arbitrage",
        control::Module::Mev => "mev",
    }
}

/// Of a `control.Action`, as people and files have it.
#[must_use]
#[inline]
pub fn action(value: control::Action) -> &'static str {
    match value {
        control::Action::Start => "start",
        control::Action::Stop => "stop",
        control::Action::Restart => "restart",
        control::Action::Throttle => "throttle",
        control::Action::Policy => "policy",
        control::Action::Kill => "kill",
    }
}
