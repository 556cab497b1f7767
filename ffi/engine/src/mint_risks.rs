//! Powers that a mint's makers keep over what others hold, read from the mint's account.

use std::collections::HashMap;

use crate::pools::Account;
use crate::pubkey::Pubkey;
use crate::token::{TOKEN, TOKEN_2022, WRAPPED_SOL};

/// Powers that a mint's makers have over what others hold, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Risks(u8);

impl Risks {
    /// None of them.
    pub const NONE: Risks = Risks(0);
    /// Accounts can be frozen.
    pub const FREEZE: Risks = Risks(1);
    /// A permanent delegate may move or burn what any account holds.
    pub const DELEGATE: Risks = Risks(2);
    /// Each transfer calls a program of theirs, or they may set one.
    pub const HOOK: Risks = Risks(4);
    /// The fee of a transfer can be changed.
    pub const FEE: Risks = Risks(8);
    /// Their names in every output.
    pub const NAMES: [(Risks, &'static str); 4] = [
        (Risks::FREEZE, "freeze"),
        (Risks::DELEGATE, "delegate"),
        (Risks::HOOK, "hook"),
        (Risks::FEE, "fee"),
    ];

    /// These and those.
    #[must_use]
    pub fn and(self, other: Risks) -> Risks {
        Risks(self.0 | other.0)
    }

    /// Whether one of `other` is among them.
    #[must_use]
    pub fn has(self, other: Risks) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Risks> {
        Risks::NAMES.into_iter().find(|(_, known)| *known == name).map(|(risk, _)| risk)
    }

    /// Their names, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Risks::NAMES.into_iter().filter(move |(risk, _)| self.has(*risk)).map(|(_, name)| name)
    }

    fn when(self, holds: bool) -> Risks {
        if holds { self } else { Risks::default() }
    }
}

/// What is known of mints: from their accounts as a snapshot had them.
#[derive(Debug, Default)]
pub struct Mints(HashMap<Pubkey, Risks>);

impl Mints {
    /// Takes in mint accounts; others are passed over.
    pub fn load(&mut self, accounts: &[Account<'_>]) {
        for account in accounts {
            let risks = if account.owner == TOKEN || account.owner == TOKEN_2022 {
                mint_risks(account.data, account.owner == TOKEN_2022)
            } else {
                None
            };
            if let Some(risks) = risks {
                self.0.insert(account.pubkey, risks);
            }
        }
    }

    /// The powers that a mint's makers have; `None`: its account was never seen.
    #[must_use]
    pub fn risks(&self, mint: &Pubkey) -> Option<Risks> {
        if *mint == WRAPPED_SOL { Some(Risks::default()) } else { self.0.get(mint).copied() }
    }
}

/// Bytes of a mint without extensions.
const MINT_BYTES: usize = 82;
/// Where Token-2022 states the kind of an account with extensions, and the value for a mint.
const KIND_AT: usize = 165;
const KIND_MINT: u8 = 1;
/// Extensions, from Token-2022's `ExtensionType`.
const TRANSFER_FEE_CONFIG: u16 = 1;
const PERMANENT_DELEGATE: u16 = 12;
const TRANSFER_HOOK: u16 = 14;

/// Of a mint's bytes; `None` when they are of no mint, or an extension is cut off.
///
/// Layout: mint authority (4 + 32), supply u64, decimals u8, initialized u8, freeze authority (4 + 32); with extensions
/// zeros up to 165, the kind, then `[type u16][len u16][bytes]` each, little endian.
fn mint_risks(data: &[u8], extensions: bool) -> Option<Risks> {
    let base = data.get(..MINT_BYTES)?;
    let is_mint = data.len() == MINT_BYTES || (extensions && data.get(KIND_AT) == Some(&KIND_MINT));
    if !is_mint || base[45] != 1 {
        return None;
    }
    let mut risks = Risks::FREEZE.when(base[46..50] != [0; 4]);
    let mut rest = data.get(KIND_AT + 1..).unwrap_or_default();
    while let Some((&[a, b, c, d], after)) = rest.split_first_chunk::<4>() {
        let (kind, len) = (u16::from_le_bytes([a, b]), usize::from(u16::from_le_bytes([c, d])));
        if kind == 0 {
            // The rest is space that is not used yet.
            break;
        }
        let (body, next) = after.split_at_checked(len)?;
        let is_set = |at: usize| body.get(at..at + 32).map(|key| key.iter().any(|byte| *byte != 0));
        risks = risks.and(match kind {
            // The first field is the authority that may change it.
            TRANSFER_FEE_CONFIG => Risks::FEE.when(is_set(0)?),
            PERMANENT_DELEGATE => Risks::DELEGATE.when(is_set(0)?),
            // The authority that may set the program, and the program.
            TRANSFER_HOOK => Risks::HOOK.when(is_set(0)? || is_set(32)?),
            _ => Risks::default(),
        });
        rest = next;
    }
    Some(risks)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A mint's account.
    pub(crate) fn mint(freeze: bool, extensions: &[(u16, &[u8])]) -> Vec<u8> {
        let mut data = vec![0; MINT_BYTES];
        data[45] = 1;
        data[46] = u8::from(freeze);
        if !extensions.is_empty() {
            data.resize(KIND_AT, 0);
            data.push(KIND_MINT);
            for (kind, body) in extensions {
                data.extend_from_slice(&kind.to_le_bytes());
                data.extend_from_slice(&(body.len() as u16).to_le_bytes());
                data.extend_from_slice(body);
            }
        }
        data
    }

    #[test]
    fn mint_risks_reads_each_power_and_nothing_from_what_is_not_a_mint() {
        let (none, set, fee) = ([0; 64], [7; 64], [[7; 108], [0; 108]]);
        let hooks = [[&none[..32], &set[..32]].concat(), [&set[..32], &none[..32]].concat()];
        let rows: [(&str, Vec<u8>, bool, Option<Risks>); 14] = [
            ("plain", mint(false, &[]), false, Some(Risks::default())),
            ("freeze", mint(true, &[]), false, Some(Risks::FREEZE)),
            ("2022 plain", mint(false, &[]), true, Some(Risks::default())),
            ("delegate", mint(false, &[(12, &set[..32])]), true, Some(Risks::DELEGATE)),
            ("delegate given up", mint(false, &[(12, &none[..32])]), true, Some(Risks::default())),
            ("hook", mint(false, &[(14, &hooks[0])]), true, Some(Risks::HOOK)),
            ("hook to be set", mint(false, &[(14, &hooks[1])]), true, Some(Risks::HOOK)),
            ("no hook", mint(false, &[(14, &none)]), true, Some(Risks::default())),
            ("fee", mint(false, &[(1, &fee[0])]), true, Some(Risks::FEE)),
            ("fixed fee", mint(false, &[(1, &fee[1])]), true, Some(Risks::default())),
            (
                "after another one",
                mint(true, &[(99, &[1, 2, 3]), (12, &set[..32])]),
                true,
                Some(Risks::FREEZE.and(Risks::DELEGATE)),
            ),
            ("cut off", mint(false, &[(12, &set[..31])]), true, None),
            ("a token account", vec![1; 165], false, None),
            ("extensions of the old program", mint(false, &[(12, &set[..32])]), false, None),
        ];
        for (name, data, extensions, expected) in rows {
            assert_eq!(mint_risks(&data, extensions), expected, "{name}");
        }
        let whole = mint(true, &[(1, &fee[0]), (12, &set[..32]), (14, &set)]);
        for len in 0..whole.len() {
            // Whatever is cut, nothing panics, and no unknown power is reported.
            let risks = mint_risks(&whole[..len], true);
            assert!(risks.is_none_or(|risks| risks.0 & !15 == 0), "{len}");
        }
        assert_eq!(Risks::named("hook"), Some(Risks::HOOK));
        assert_eq!(Risks::named("none"), None);
        assert_eq!(Risks(15).names().collect::<Vec<_>>(), ["freeze", "delegate", "hook", "fee"]);
    }
}
