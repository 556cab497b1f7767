//! Whose word counts on other hosts. Each host's agents sign with a key of their own; the key that signs
//! commands certifies it for one instance, so that whoever trusts that key can check what the agents say.

use ed25519_dalek::{SigningKey, VerifyingKey};

use super::keys;

const DOMAIN: &str = "legend agent-key-v1";

/// What agents of `instance` add to what they sign with `agent`: `AGENT_KEY KEY_ID SIGNATURE`, all hex.
#[must_use]
pub fn certify(by: &SigningKey, agent: &VerifyingKey, instance: &str) -> String {
    let signature = keys::sign(by, DOMAIN, &[agent.as_bytes(), instance.as_bytes()]);
    let [agent, signature] = [&agent.to_bytes()[..], &signature].map(keys::to_hex);
    format!("{agent} {} {signature}", keys::key_id(&by.verifying_key()))
}

/// The key that `certificate` gives the agents of `instance`, when one of `trusted` made it.
#[must_use]
pub fn certified(certificate: &str, instance: &str, trusted: &[VerifyingKey]) -> Option<VerifyingKey> {
    let mut words = certificate.split(' ');
    let (agent, id, signature) = (words.next()?, words.next()?, words.next()?);
    let agent: [u8; 32] = keys::bytes_of_hex(agent)?.try_into().ok()?;
    let by = trusted.iter().find(|key| keys::key_id(key) == id)?;
    let parts = [&agent[..], instance.as_bytes()];
    let proven = words.next().is_none() && keys::verify(by, DOMAIN, &parts, &keys::bytes_of_hex(signature)?);
    proven.then(|| VerifyingKey::from_bytes(&agent).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_holds_for_its_key_its_instance_and_who_trusts_its_maker() {
        let [by, stranger, agent] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let (by_key, agent_key) = (by.verifying_key(), agent.verifying_key());
        let good = certify(&by, &agent_key, "mev-one");
        assert_eq!(certified(&good, "mev-one", &[by_key]), Some(agent_key));
        let others = certify(&by, &stranger.verifying_key(), "mev-one");
        let (own, rest) = good.split_once(' ').expect("words");
        let (_, others_rest) = others.split_once(' ').expect("words");
        for (text, instance, trusted) in [
            (good.clone(), "mev-two", by_key),
            (good.clone(), "mev-one", stranger.verifying_key()),
            (certify(&stranger, &agent_key, "mev-one"), "mev-one", by_key),
            (format!("{own} {others_rest}"), "mev-one", by_key),
            (format!("{good} more"), "mev-one", by_key),
            (rest.to_owned(), "mev-one", by_key),
            (good[..good.len() - 1].to_owned(), "mev-one", by_key),
            (good.replace(own, "zz"), "mev-one", by_key),
            (String::new(), "mev-one", by_key),
        ] {
            assert_eq!(certified(&text, instance, &[trusted]), None, "{text} {instance}");
        }
    }
}
