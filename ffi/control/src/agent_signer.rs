//! How agents sign their records, and whose signatures are trusted. Each host's agents sign with their own
//! key; the key that signs commands certifies it for one instance, so that hosts that trust that key can
//! check it.

use ed25519_dalek::{SigningKey, VerifyingKey};
use wire::hex::{bytes_of_hex, to_hex};
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

use super::keys;

const CERTIFICATE_DOMAIN: &str = "legend agent-key-v1";
const RECEIPT_DOMAIN: &str = "legend rcpt-v1";
const REPORT_DOMAIN: &str = "legend agent-report-v1";

/// An agent's signing key.
pub struct AgentSigner {
    key: SigningKey,
    /// Proves to other hosts whose key it is.
    certificate: String,
}

impl AgentSigner {
    /// The signer of `instance`, certified by `by`.
    #[must_use]
    pub fn new(key: SigningKey, by: &SigningKey, instance: &str) -> AgentSigner {
        let certificate = certify(by, &key.verifying_key(), instance);
        AgentSigner { key, certificate }
    }

    /// Signs a receipt.
    pub fn sign(&self, receipt: &mut Receipt) {
        receipt.signature = keys::sign(&self.key, RECEIPT_DOMAIN, &[&unsigned_receipt(receipt)]).to_vec();
        receipt.certificate.clone_from(&self.certificate);
    }

    /// Signs a report.
    pub fn sign_report(&self, report: &mut AgentReport) {
        report.signature = keys::sign(&self.key, REPORT_DOMAIN, &[&unsigned_report(report)]).to_vec();
        report.certificate.clone_from(&self.certificate);
    }

    /// A receipt that was signed earlier, with the certificate, which is not stored with it.
    #[must_use]
    pub fn with_certificate(&self, receipt: Receipt) -> Receipt {
        Receipt { certificate: self.certificate.clone(), ..receipt }
    }
}

/// The certificate that agents of `instance` attach to what they sign with `agent`:
/// `AGENT_KEY KEY_ID SIGNATURE`, all hex.
fn certify(by: &SigningKey, agent: &VerifyingKey, instance: &str) -> String {
    let signature = keys::sign(by, CERTIFICATE_DOMAIN, &[agent.as_bytes(), instance.as_bytes()]);
    let [agent, signature] = [&agent.to_bytes()[..], &signature].map(to_hex);
    format!("{agent} {} {signature}", keys::key_id(&by.verifying_key()))
}

/// The key that `certificate` assigns to the agents of `instance`, if one of `trusted` issued it.
fn certified(certificate: &str, instance: &str, trusted: &[VerifyingKey]) -> Option<VerifyingKey> {
    let mut words = certificate.split(' ');
    let (agent, id, signature) = (words.next()?, words.next()?, words.next()?);
    let agent: [u8; 32] = bytes_of_hex(agent)?.try_into().ok()?;
    let by = trusted.iter().find(|key| keys::key_id(key) == id)?;
    let parts = [&agent[..], instance.as_bytes()];
    let proven =
        words.next().is_none() && keys::verify(by, CERTIFICATE_DOMAIN, &parts, &bytes_of_hex(signature)?);
    proven.then(|| VerifyingKey::from_bytes(&agent).ok())?
}

fn unsigned_receipt(receipt: &Receipt) -> Vec<u8> {
    Receipt { signature: Vec::new(), certificate: String::new(), ..receipt.clone() }.encode_to_vec()
}

fn unsigned_report(report: &AgentReport) -> Vec<u8> {
    AgentReport { signature: Vec::new(), certificate: String::new(), ..report.clone() }.encode_to_vec()
}

/// Whose receipts and reports a host trusts.
pub struct TrustStore {
    /// The key of its own agents; `None` if none has ever run.
    pub own: Option<VerifyingKey>,
    /// This installation's name, part of its own agents' names: the own key is valid only for them.
    pub instance: String,
    /// Keys that certify the agents of other hosts.
    pub trusted: Vec<VerifyingKey>,
}

impl TrustStore {
    fn signed(
        &self,
        domain: &str,
        unsigned: &[u8],
        instance: &str,
        certificate: &str,
        signature: &[u8],
    ) -> bool {
        let certified = certified(certificate, instance, &self.trusted);
        let is_own = instance
            .split_once('-')
            .is_some_and(|(module, of)| super::names::module_of(module).is_some() && of == self.instance);
        let keys = [self.own.filter(|_| is_own), certified];
        keys.iter().flatten().any(|key| keys::verify(key, domain, &[unsigned], signature))
    }

    /// Whether an agent of this installation signed the receipt.
    #[must_use]
    pub fn receipt(&self, receipt: &Receipt) -> bool {
        let Receipt { instance, certificate, signature, .. } = receipt;
        self.signed(RECEIPT_DOMAIN, &unsigned_receipt(receipt), instance, certificate, signature)
    }

    /// Like [`TrustStore::receipt`], for a report.
    #[must_use]
    pub fn report(&self, report: &AgentReport) -> bool {
        let AgentReport { instance, certificate, signature, .. } = report;
        self.signed(REPORT_DOMAIN, &unsigned_report(report), instance, certificate, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_valid_for_its_key_and_instance_where_its_issuer_is_trusted() {
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

    #[test]
    fn the_hosts_own_key_is_valid_for_its_own_agents_alone() {
        let [own, stranger] = [4, 5].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let trust_store =
            TrustStore { own: Some(own.verifying_key()), instance: "one".to_owned(), trusted: Vec::new() };
        let signed = |key: &SigningKey, instance: &str| {
            let mut receipt = Receipt { instance: instance.to_owned(), ..Receipt::default() };
            receipt.signature = keys::sign(key, RECEIPT_DOMAIN, &[&unsigned_receipt(&receipt)]).to_vec();
            receipt
        };
        for (key, instance, counts) in [
            (&own, "mev-one", true),
            (&own, "arbitrage-one", true),
            (&own, "mev-two", false),
            (&own, "other-one", false),
            (&own, "one", false),
            (&stranger, "mev-one", false),
        ] {
            assert_eq!(trust_store.receipt(&signed(key, instance)), counts, "{instance}");
        }
    }
}
