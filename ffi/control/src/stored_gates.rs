//! The gates of a policy as they are stored, hashed, shown and sent: addresses and names as text.

use std::collections::HashMap;

use engine::mint_risks::Risks;
use engine::pubkey::Pubkey;
use engine::trade_limits::{LIQUIDITY_MAX_SOL, LIST_MAX, TradeLimits};
use serde::{Deserialize, Serialize};

use super::error::Refusal;

/// The arguments of a command that change gates.
pub const ARGS: [&str; 6] =
    ["pools_deny", "mints_allow", "mints_deny", "liquidity_min", "mint_refuse", "unknown"];

/// What happens to an opportunity for which a gate's input is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// It is refused.
    #[default]
    Refuse,
    /// It passes this gate.
    Pass,
}

/// Like [`TradeLimits`]; disabled gates are left out, so that a policy without gates keeps its stored form and hash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredGates {
    /// Addresses, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools_deny: Vec<String>,
    /// Addresses, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mints_allow: Vec<String>,
    /// Addresses, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mints_deny: Vec<String>,
    /// SOL.
    #[serde(skip_serializing_if = "is_zero")]
    pub liquidity_min: f64,
    /// `freeze`, `delegate`, `hook`, `fee`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mint_refuse: Vec<String>,
    /// Applies to all gates.
    #[serde(skip_serializing_if = "is_refuse")]
    pub unknown: Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_refuse(unknown: &Unknown) -> bool {
    *unknown == Unknown::Refuse
}

impl From<&TradeLimits> for StoredGates {
    fn from(gates: &TradeLimits) -> Self {
        let texts = |keys: &[Pubkey]| keys.iter().map(ToString::to_string).collect();
        StoredGates {
            pools_deny: texts(&gates.pools_deny),
            mints_allow: texts(&gates.mints_allow),
            mints_deny: texts(&gates.mints_deny),
            liquidity_min: gates.liquidity_min_sol,
            mint_refuse: gates.mint_refuse.names().map(ToOwned::to_owned).collect(),
            unknown: if gates.pass_unknown { Unknown::Pass } else { Unknown::Refuse },
        }
    }
}

impl StoredGates {
    /// The gates in the engine's form.
    ///
    /// # Errors
    /// Which part is not a valid gate.
    pub fn gates(&self) -> Result<TradeLimits, Refusal> {
        let named = |name: &String| Risks::named(name).ok_or_else(|| Refusal::MintRisk(name.clone()));
        let risks = self.mint_refuse.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        if !(0.0..=LIQUIDITY_MAX_SOL).contains(&self.liquidity_min) {
            return Err(Refusal::Liquidity(self.liquidity_min));
        }
        Ok(TradeLimits {
            pools_deny: keys("pools_deny", &self.pools_deny)?,
            mints_allow: keys("mints_allow", &self.mints_allow)?,
            mints_deny: keys("mints_deny", &self.mints_deny)?,
            liquidity_min_sol: self.liquidity_min,
            mint_refuse: risks.into_iter().fold(Risks::NONE, Risks::and),
            pass_unknown: self.unknown == Unknown::Pass,
        })
    }

    /// Replaces the given arguments; a list is replaced as a whole.
    ///
    /// # Errors
    /// What cannot be used.
    pub fn change(&mut self, args: &HashMap<String, String>) -> Result<(), Refusal> {
        for (name, list) in [
            ("pools_deny", &mut self.pools_deny),
            ("mints_allow", &mut self.mints_allow),
            ("mints_deny", &mut self.mints_deny),
            ("mint_refuse", &mut self.mint_refuse),
        ] {
            if let Some(text) = args.get(name) {
                *list = words(text);
            }
        }
        if let Some(text) = args.get("liquidity_min") {
            let value = text.parse().ok().filter(|value: &f64| value.is_finite());
            self.liquidity_min = value.ok_or_else(|| Refusal::LiquidityNumber(text.clone()))?;
        }
        if let Some(text) = args.get("unknown") {
            self.unknown = match text.as_str() {
                "refuse" => Unknown::Refuse,
                "pass" => Unknown::Pass,
                other => return Err(Refusal::Unknown(other.to_owned())),
            };
        }
        Ok(())
    }
}

/// Parses a typed list: `none`, or words separated by commas.
fn words(text: &str) -> Vec<String> {
    if text.is_empty() || text == "none" {
        return Vec::new();
    }
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

fn keys(name: &'static str, texts: &[String]) -> Result<Vec<Pubkey>, Refusal> {
    if texts.len() > LIST_MAX {
        return Err(Refusal::ListTooLong { name, len: texts.len() });
    }
    let key = |text: &String| {
        Pubkey::parse(text.as_bytes()).ok_or_else(|| Refusal::Address { name, text: text.clone() })
    };
    let mut keys = texts.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: &str = "So11111111111111111111111111111111111111112";
    const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

    fn changed(args: &[(&str, &str)]) -> Result<StoredGates, Refusal> {
        let args = args.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut stored = StoredGates { mints_deny: vec![SOL.to_owned()], ..StoredGates::default() };
        stored.change(&args)?;
        Ok(StoredGates::from(&stored.gates()?))
    }

    #[test]
    fn change_accepts_each_gate_and_refuses_anything_else() {
        let kept = StoredGates { mints_deny: vec![SOL.to_owned()], ..StoredGates::default() };
        assert_eq!(changed(&[]), Ok(kept.clone()));
        let two = format!("{TOKEN}, {SOL},{TOKEN}");
        let sorted = changed(&[("pools_deny", &two)]).expect("takes").pools_deny;
        assert_eq!(sorted.len(), 2, "each once");
        assert_eq!(changed(&[("pools_deny", &format!("{SOL},{TOKEN}"))]).expect("takes").pools_deny, sorted);
        assert_eq!(changed(&[("mints_deny", "none")]), Ok(StoredGates::default()));
        assert_eq!(changed(&[("mints_deny", "")]), Ok(StoredGates::default()));
        let all = changed(&[("mint_refuse", "fee,freeze"), ("liquidity_min", "12.5"), ("unknown", "pass")]);
        let expected = StoredGates {
            liquidity_min: 12.5,
            mint_refuse: vec!["freeze".to_owned(), "fee".to_owned()],
            unknown: Unknown::Pass,
            ..kept
        };
        assert_eq!(all, Ok(expected));
        let many = vec![SOL; LIST_MAX + 1].join(",");
        for (name, text, line) in [
            ("pools_deny", "x", "pools_deny has `x`"),
            ("mints_allow", ",", "mints_allow has ``"),
            ("mints_deny", &many, "at most 32"),
            ("liquidity_min", "-1", "liquidity_min is `-1`"),
            ("liquidity_min", "NaN", "liquidity_min is `NaN`"),
            ("liquidity_min", "inf", "liquidity_min is `inf`"),
            ("mint_refuse", "frost", "mint_refuse has `frost`"),
            ("unknown", "maybe", "unknown is `maybe`"),
        ] {
            assert!(
                changed(&[(name, text)]).expect_err("refuses").to_string().contains(line),
                "{name} {text}"
            );
        }
    }

    #[test]
    fn a_policy_without_gates_keeps_its_stored_form_and_one_with_gates_is_read_back() {
        assert_eq!(serde_json::to_string(&StoredGates::default()).expect("writes"), "{}");
        let gates = StoredGates {
            pools_deny: vec![TOKEN.to_owned()],
            liquidity_min: 3.0,
            mint_refuse: vec!["hook".to_owned()],
            unknown: Unknown::Pass,
            ..StoredGates::default()
        };
        let text = serde_json::to_string(&gates).expect("writes");
        assert_eq!(serde_json::from_str::<StoredGates>(&text).expect("reads"), gates);
    }
}
