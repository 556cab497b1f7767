//! The transport form of a command: the bytes of `control.Command`, with headers for the signature over these
//! bytes, the key's id, a sequence number, the time in milliseconds and the expiry. A plain `ctrl-v1` reader
//! sees only the bytes.

use ed25519_dalek::{SigningKey, VerifyingKey};
use topic_log::format::StoredRecord;
use wire::control::Command;
use wire::prost::Message;

use super::error::Refusal;
use super::keys;

const DOMAIN: &str = "legend ctrl-v1";
/// Milliseconds for which a command is valid.
pub const EXPIRY_MS: u64 = 30_000;
/// Milliseconds by which another host's clock may be ahead.
const CLOCK_SKEW_MS: u64 = 5_000;
/// No command that is valid now expires more than this many milliseconds from now.
pub const AHEAD_MS_MAX: u64 = EXPIRY_MS + CLOCK_SKEW_MS;
/// Maximum bytes of a command.
pub const COMMAND_BYTES_MAX: usize = 16 << 10;
/// Header names on the log.
const HEADERS: [&str; 5] = ["signature", "key-id", "sequence", "at-ms", "expires-ms"];

/// A command with its proof of origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// `control.Command`.
    pub bytes: Vec<u8>,
    /// 64 bytes; empty = unsigned.
    pub signature: Vec<u8>,
    /// The id of the signing key.
    pub key_id: String,
    /// Rises with every command of one sender.
    pub sequence: u64,
    /// Unix milliseconds of signing.
    pub at_ms: u64,
    /// Unix milliseconds after which the command must not be obeyed.
    pub expires_ms: u64,
}

/// When something was signed, and until when it is valid, in Unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// Of signing.
    pub at_ms: u64,
    /// After this it must not be obeyed; `u64::MAX`: it never expires.
    pub expires_ms: u64,
}

impl Signed {
    /// Signs `command`.
    #[must_use]
    pub fn new(command: &Command, key: &SigningKey, sequence: u64, at_ms: u64) -> Signed {
        let validity = Validity { at_ms, expires_ms: at_ms + EXPIRY_MS };
        Signed::over(DOMAIN, command.encode_to_vec(), key, sequence, validity)
    }

    /// Signs bytes other than a command's; `domain` keeps one kind from passing for the other.
    #[must_use]
    pub fn over(
        domain: &str,
        bytes: Vec<u8>,
        key: &SigningKey,
        sequence: u64,
        Validity { at_ms, expires_ms }: Validity,
    ) -> Signed {
        let key_id = keys::key_id(&key.verifying_key());
        let mut signed = Signed { bytes, signature: Vec::new(), key_id, sequence, at_ms, expires_ms };
        signed.signature = keys::sign(key, domain, &signed.parts(&signed.numbers())).to_vec();
        signed
    }

    fn numbers(&self) -> [[u8; 8]; 3] {
        [self.sequence, self.at_ms, self.expires_ms].map(u64::to_le_bytes)
    }

    fn parts<'a>(&'a self, [sequence, at_ms, expires_ms]: &'a [[u8; 8]; 3]) -> [&'a [u8]; 5] {
        [&self.bytes, self.key_id.as_bytes(), sequence, at_ms, expires_ms]
    }

    /// The command, if one of `trusted` signed it and it is valid at `now_ms`.
    ///
    /// # Errors
    /// Why it must not be obeyed.
    pub fn verify(&self, trusted: &[VerifyingKey], now_ms: u64) -> Result<Command, Refusal> {
        self.verify_signature(DOMAIN, trusted)?;
        if now_ms > self.expires_ms {
            return Err(Refusal::Stale(now_ms - self.expires_ms));
        }
        if self.at_ms > now_ms + CLOCK_SKEW_MS || self.expires_ms > self.at_ms + EXPIRY_MS {
            return Err(Refusal::Future);
        }
        self.command()
    }

    /// Whether one of `trusted` signed the bytes and their headers, regardless of the time.
    ///
    /// # Errors
    /// Why they must not be trusted.
    pub fn verify_signature(&self, domain: &str, trusted: &[VerifyingKey]) -> Result<(), Refusal> {
        if self.signature.is_empty() {
            return Err(Refusal::NotSigned);
        }
        let key = trusted.iter().find(|key| keys::key_id(key) == self.key_id);
        let key = key.ok_or_else(|| Refusal::KeyNotTrusted(self.key_id.clone()))?;
        if keys::verify(key, domain, &self.parts(&self.numbers()), &self.signature) {
            Ok(())
        } else {
            Err(Refusal::Altered)
        }
    }

    /// The command, without checking the signature.
    ///
    /// # Errors
    /// The bytes are not a `ctrl-v1` command.
    pub fn command(&self) -> Result<Command, Refusal> {
        let command = Command::decode(&self.bytes[..]).map_err(Refusal::NoCommand)?;
        if command.schema_version != "ctrl-v1" {
            return Err(Refusal::Schema(command.schema_version));
        }
        Ok(command)
    }

    /// Header values for the log, in the order of their names.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, Vec<u8>); 5] {
        let text = |number: u64| number.to_string().into_bytes();
        let values = [
            self.signature.clone(),
            self.key_id.clone().into_bytes(),
            text(self.sequence),
            text(self.at_ms),
            text(self.expires_ms),
        ];
        let mut values = values.into_iter();
        HEADERS.map(|name| (name, values.next().unwrap_or_default()))
    }

    /// From a record of the log; missing headers become empty, so that verification fails.
    #[must_use]
    pub fn from_record(record: &StoredRecord<'_>) -> Signed {
        let header = |name: &str| {
            let found = record.headers().find(|(known, _)| *known == name.as_bytes());
            found.map(|(_, value)| value).unwrap_or_default()
        };
        let number = |name: &str| {
            std::str::from_utf8(header(name)).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        Signed {
            bytes: record.value.unwrap_or_default().to_vec(),
            signature: header("signature").to_vec(),
            key_id: String::from_utf8_lossy(header("key-id")).into_owned(),
            sequence: number("sequence"),
            at_ms: number("at-ms"),
            expires_ms: number("expires-ms"),
        }
    }

    /// For a socket: `[len u32][signature len u8][signature][key id len u8][key id][3 x u64][bytes]`.
    #[must_use]
    pub fn to_frame(&self) -> Vec<u8> {
        let mut body = vec![self.signature.len() as u8];
        body.extend_from_slice(&self.signature);
        body.push(self.key_id.len() as u8);
        body.extend_from_slice(self.key_id.as_bytes());
        for number in self.numbers() {
            body.extend_from_slice(&number);
        }
        body.extend_from_slice(&self.bytes);
        [&(body.len() as u32).to_le_bytes()[..], &body].concat()
    }

    /// Parses the body of a socket frame, without its length.
    #[must_use]
    pub fn from_frame(body: &[u8]) -> Option<Signed> {
        let (&signature_len, rest) = body.split_first()?;
        let (signature, rest) = rest.split_at_checked(usize::from(signature_len))?;
        let (&id_len, rest) = rest.split_first()?;
        let (key_id, rest) = rest.split_at_checked(usize::from(id_len))?;
        let (numbers, bytes) = rest.split_at_checked(24)?;
        let number = |at: usize| numbers[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or(0);
        Some(Signed {
            bytes: bytes.to_vec(),
            signature: signature.to_vec(),
            key_id: String::from_utf8(key_id.to_vec()).ok()?,
            sequence: number(0),
            at_ms: number(8),
            expires_ms: number(16),
        })
    }
}

#[cfg(test)]
mod tests {
    use wire::control::Action;

    use super::*;

    fn unkill() -> Command {
        Command {
            ts: 1,
            module: 1,
            action: Action::Kill.into(),
            args: [("kill".to_owned(), "false".to_owned())].into(),
            request_id: "r".to_owned(),
            issuer: "local:0".to_owned(),
            schema_version: "ctrl-v1".to_owned(),
            role: "admin".to_owned(),
            sender: "one".to_owned(),
        }
    }

    #[test]
    fn verify_refuses_each_flipped_bit_and_times_outside_the_validity() {
        let key = keys::from_hex(&"11".repeat(32)).expect("a seed");
        let trusted = [key.verifying_key()];
        let signed = Signed::new(&unkill(), &key, 7, 1_000_000);
        assert!(signed.verify(&trusted, 1_000_000).is_ok());
        let frame = signed.to_frame();
        assert_eq!(Signed::from_frame(&frame[4..]), Some(signed.clone()));
        for bit in 32..frame.len() * 8 {
            let mut bad = frame.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let accepted =
                Signed::from_frame(&bad[4..]).is_some_and(|bad| bad.verify(&trusted, 1_000_000).is_ok());
            assert!(!accepted, "bit {bit}");
        }
        for (now_ms, refusal) in [(1_030_001, Refusal::Stale(1)), (994_999, Refusal::Future)] {
            assert_eq!(signed.verify(&trusted, now_ms), Err(refusal));
        }
        assert!(signed.verify(&[], 1_000_000).is_err());
        let unsigned = Signed { signature: Vec::new(), ..signed };
        assert_eq!(unsigned.verify(&trusted, 1_000_000), Err(Refusal::NotSigned));
    }
}
