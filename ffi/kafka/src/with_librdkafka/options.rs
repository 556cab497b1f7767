//! How to reach a cluster.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use serde::Deserialize;

/// How long to wait for an answer of the cluster.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// Largest record that is sent or received.
pub(super) const MESSAGE_BYTES_MAX: &str = "10485760";

/// How to reach a cluster. Contains a password, so it is never printed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaOptions {
    /// `host:port,…`.
    pub brokers: String,
    /// TLS to the brokers.
    #[serde(default)]
    pub tls: bool,
    /// File with the trusted certificate authorities; empty = the system's.
    #[serde(default)]
    pub tls_ca: String,
    /// Files of a certificate and its key for mTLS; empty = none.
    #[serde(default)]
    pub tls_cert: String,
    /// See `tls_cert`.
    #[serde(default)]
    pub tls_key: String,
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`; empty = no login.
    #[serde(default)]
    pub sasl_mechanism: String,
    /// User of the login.
    #[serde(default)]
    pub sasl_user: String,
    /// Password of the login.
    #[serde(default)]
    pub sasl_password: String,
}

/// A topic that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewTopic {
    /// How many partitions.
    pub partitions: u16,
    /// Keeps the newest record of each key alone.
    pub compacted: bool,
    /// Replication factor; 0 = the cluster's default.
    pub replicas: u16,
}

impl KafkaOptions {
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "legend")
            .set("message.max.bytes", MESSAGE_BYTES_MAX)
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "3000")
            // Not by the setting of this name: the crate later overrides it with its own level.
            .set_log_level(RDKafkaLogLevel::Emerg);
        let login = !self.sasl_mechanism.is_empty();
        let protocol = match (self.tls, login) {
            (false, false) => "plaintext",
            (true, false) => "ssl",
            (false, true) => "sasl_plaintext",
            (true, true) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        let given = [
            ("ssl.ca.location", &self.tls_ca),
            ("ssl.certificate.location", &self.tls_cert),
            ("ssl.key.location", &self.tls_key),
            ("sasl.mechanism", &self.sasl_mechanism),
            ("sasl.username", &self.sasl_user),
            ("sasl.password", &self.sasl_password),
        ];
        for (name, value) in given {
            if !value.is_empty() {
                config.set(name, value);
            }
        }
        config
    }

    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("allow.auto.create.topics", "false")
            .set("fetch.wait.max.ms", "200")
            .set("fetch.message.max.bytes", "4194304")
            .set("queued.max.messages.kbytes", "16384")
            .set("queued.min.messages", "1000000")
            // After a full queue, the default pause of a second would leave a fast reader waiting.
            .set("fetch.queue.backoff.ms", "2")
            .set("fetch.error.backoff.ms", "50");
        config
    }
}
