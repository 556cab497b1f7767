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
  const text = (key: string) => configValue<string>(config, `kafka.${key}`);
  if (text("brokers") === "") return null;
  return {
    brokers: text("brokers"),
    tls: configValue<boolean>(config, "kafka.tls"),
    tls_ca: text("tls_ca"),
    tls_cert: text("tls_cert"),
    tls_key: text("tls_key"),
    sasl_mechanism: text("sasl_mechanism"),
    sasl_user: text("sasl_user"),
    sasl_password: text("sasl_password"),
  };
}
