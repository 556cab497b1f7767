/** Every function of liblegend.so. Written by `deno task gen` from the exports of ffi/abi. */
export const SYMBOLS = {
  // options, options_len, out, out_len
  legend_agent_start: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // agent, out, out_len
  legend_agent_status: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // agent
  legend_agent_close: { parameters: ["u32"], result: "void", nonblocking: true },
  // options, options_len, out, out_len
  legend_control_send: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // options, options_len, record, record_len, out, out_len
  legend_agent_record_verify: {
    parameters: ["buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  // options, options_len, out, out_len
  legend_kafka_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // log, name, name_len, partitions, compacted, replicas, out, out_len
  legend_kafka_topic_open: {
    parameters: ["u32", "buffer", "u32", "u32", "u32", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // options, options_len, out, out_len
  legend_door_start: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // door, peers, peers_len, out, out_len
  legend_door_busy: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  // door, peer, peer_len, out, out_len
  legend_door_stream: { parameters: ["u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  // door, out, out_len
  legend_door_status: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // door
  legend_door_close: { parameters: ["u32"], result: "void" },
  // out, out_len
  legend_descriptors: { parameters: ["buffer", "u32"], result: "i32" },
  legend_abi_version: { parameters: [], result: "u32" },
  // options, options_len, out, out_len
  legend_link_start: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // link, out, out_len
  legend_link_status: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // link
  legend_link_close: { parameters: ["u32"], result: "void", nonblocking: true },
  // path, path_len, out, out_len
  legend_log_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // log
  legend_log_close: { parameters: ["u32"], result: "void" },
  // log, out, out_len
  legend_log_topics: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // log, name, name_len, create, segment_bytes, retention_bytes, retention_ms, out, out_len
  legend_topic_open: {
    parameters: ["u32", "buffer", "u32", "u32", "u64", "u64", "u64", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // module, module_len, out, out_len
  legend_features: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // model, rows, rows_len, labels, labels_len, out, out_len
  legend_model_importance: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // model, rows, rows_len, labels, labels_len, out, out_len
  legend_model_calibrate: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // model, rows, rows_len, out, out_len
  legend_model_predict: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // model
  legend_model_close: { parameters: ["u32"], result: "void" },
  // labels, labels_len, probabilities, probabilities_len, out, out_len
  legend_judge: { parameters: ["buffer", "u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  // path, path_len, rows, rows_len, out, out_len
  legend_artefact_predict: {
    parameters: ["buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // options, options_len, out, out_len
  legend_decode_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // options, options_len, out, out_len
  legend_replay_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // options, options_len, out, out_len
  legend_quote_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // stream, out, out_len
  legend_ndjson_read: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // stream, out, out_len
  legend_ndjson_summary: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // stream
  legend_ndjson_close: { parameters: ["u32"], result: "void" },
  // options, options_len, out, out_len
  legend_capture: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  legend_process_protect: { parameters: [], result: "void" },
  legend_process_return_memory: { parameters: [], result: "void" },
  // style, style_len, out, out_len
  legend_line_style: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // code
  legend_process_exit: { parameters: ["u32"], result: "void" },
  // uid, gid, out, out_len
  legend_process_become: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  // parent
  legend_end_with_parent: { parameters: ["u32"], result: "void" },
  // path, path_len, out, out_len
  legend_folder_identity: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // path, path_len, known, known_len, quiet, out, out_len
  legend_end_with_folder: {
    parameters: ["buffer", "u32", "buffer", "u32", "u32", "buffer", "u32"],
    result: "i32",
  },
  // out, out_len
  legend_running: { parameters: ["buffer", "u32"], result: "i32" },
  // topic, from, from_len, out, out_len
  legend_reader_open: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // reader
  legend_reader_close: { parameters: ["u32"], result: "void" },
  // reader, timeout_ms, out, out_len
  legend_reader_wait: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // reader, out, out_len
  legend_reader_read: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // model, options, options_len, golden, golden_len, out, out_len
  legend_model_register: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // options, options_len, out, out_len
  legend_registry: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // options, options_len, out, out_len
  legend_sink_open: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  // sink
  legend_sink_close: { parameters: ["u32"], result: "void" },
  // sink, reader, records_max, out, out_len
  legend_sink_feed: { parameters: ["u32", "u32", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // sink, out, out_len
  legend_sink_status: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // sink, table, out, out_len
  legend_sink_body: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  // sink, out, out_len
  legend_sink_dead: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // sink
  legend_sink_clear: { parameters: ["u32"], result: "void" },
  // options, options_len, out, out_len
  legend_store_run: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // topic
  legend_topic_close: { parameters: ["u32"], result: "void" },
  // topic, batch, batch_len, durability, out, out_len
  legend_topic_append: {
    parameters: ["u32", "buffer", "u32", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // topic, out, out_len
  legend_topic_info: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // topic, out, out_len
  legend_topic_groups: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // topic, out, out_len
  legend_topic_damage: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // topic, out, out_len
  legend_topic_retain: { parameters: ["u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // topic, group, group_len, partition, offset, lost, out, out_len
  legend_topic_commit: {
    parameters: ["u32", "buffer", "u32", "u32", "u64", "u64", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // topic, group, group_len, partition, out, out_len
  legend_topic_committed: {
    parameters: ["u32", "buffer", "u32", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // options, options_len, rows, rows_len, labels, labels_len, out, out_len
  legend_trainer_open: {
    parameters: ["buffer", "u32", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // trainer, max, out, out_len
  legend_trainer_rounds: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // trainer, rounds, out, out_len
  legend_trainer_model: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32", nonblocking: true },
  // trainer, rounds, rows, rows_len, out, out_len
  legend_trainer_predict: {
    parameters: ["u32", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // trainer
  legend_trainer_close: { parameters: ["u32"], result: "void", nonblocking: true },
  // rows, rows_len, n_features, learning_rate, seed, out, out_len
  legend_network_open: { parameters: ["buffer", "u32", "u32", "f32", "u32", "buffer", "u32"], result: "i32" },
  // trainer, rows, rows_len, labels, labels_len, weight, out, out_len
  legend_network_epoch: {
    parameters: ["u32", "buffer", "u32", "buffer", "u32", "f32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  // trainer, out, out_len
  legend_network_model: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  // trainer
  legend_network_close: { parameters: ["u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The boundary's number: a library of another one has other functions. */
export const ABI_VERSION = 0x1a46_5344;
