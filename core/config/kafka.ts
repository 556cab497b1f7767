/** The cluster that the configuration names. */
import { type Config, configValue } from "./load.ts";

/** As `KafkaOptions` of ffi/log.ts. */
export interface KafkaSettings {
  brokers: string;
  tls: boolean;
  tls_ca: string;
  tls_cert: string;
  tls_key: string;
  sasl_mechanism: string;
  sasl_user: string;
  sasl_password: string;
}

/** `kafka.*`; null when no brokers are configured. */
export function kafkaOf(config: Config): KafkaSettings | null {
  const brokers = configValue(config, "kafka.brokers");
  if (brokers === "") return null;
  return {
    brokers,
    tls: configValue(config, "kafka.tls"),
    tls_ca: configValue(config, "kafka.tls_ca"),
    tls_cert: configValue(config, "kafka.tls_cert"),
    tls_key: configValue(config, "kafka.tls_key"),
    sasl_mechanism: configValue(config, "kafka.sasl_mechanism"),
    sasl_user: configValue(config, "kafka.sasl_user"),
    sasl_password: configValue(config, "kafka.sasl_password"),
  };
}
