/** Every function of `liblegend.so`, as `ffi/abi` declares it. Kept apart so that a changed signature is one line. */

const TEXT = ["buffer", "u32"] as const;
const OUT = ["buffer", "u32"] as const;

export const SYMBOLS = {
  legend_abi_version: { parameters: [], result: "u32" },
  legend_log_open: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_log_close: { parameters: ["u32"], result: "void" },
  legend_kafka_open: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_log_topics: { parameters: ["u32", ...OUT], result: "i32", nonblocking: true },
  // log, name, create, segment bytes, retention bytes, retention milliseconds
  legend_topic_open: {
    parameters: ["u32", ...TEXT, "u32", "u64", "u64", "u64", ...OUT],
    result: "i32",
    nonblocking: true,
  },
  legend_topic_close: { parameters: ["u32"], result: "void" },
  // topic, batch, durability
  legend_topic_append: { parameters: ["u32", ...TEXT, "u32", ...OUT], result: "i32", nonblocking: true },
  legend_topic_info: { parameters: ["u32", ...OUT], result: "i32", nonblocking: true },
  legend_topic_groups: { parameters: ["u32", ...OUT], result: "i32", nonblocking: true },
  legend_topic_damage: { parameters: ["u32", ...OUT], result: "i32", nonblocking: true },
  legend_topic_retain: { parameters: ["u32", ...OUT], result: "i32", nonblocking: true },
  // topic, group, partition, offset, lost
  legend_topic_commit: {
    parameters: ["u32", ...TEXT, "u32", "u64", "u64", ...OUT],
    result: "i32",
    nonblocking: true,
  },
  legend_topic_committed: { parameters: ["u32", ...TEXT, "u32", ...OUT], result: "i32", nonblocking: true },
  // topic, offsets
  legend_reader_open: { parameters: ["u32", ...TEXT, ...OUT], result: "i32", nonblocking: true },
  // reader, timeout milliseconds
  legend_reader_wait: { parameters: ["u32", "u32", ...OUT], result: "i32", nonblocking: true },
  legend_reader_close: { parameters: ["u32"], result: "void" },
  legend_reader_read: { parameters: ["u32", ...OUT], result: "i32" },
  // paths one a line, slot
  legend_decode_open: { parameters: [...TEXT, "u64", ...OUT], result: "i32" },
  legend_capture: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_replay_open: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_lines_read: { parameters: ["u32", ...OUT], result: "i32" },
  legend_lines_summary: { parameters: ["u32", ...OUT], result: "i32" },
  legend_lines_close: { parameters: ["u32"], result: "void" },
  legend_agent_start: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_agent_status: { parameters: ["u32", ...OUT], result: "i32" },
  legend_agent_close: { parameters: ["u32"], result: "void", nonblocking: true },
  legend_control_send: { parameters: [...TEXT, ...OUT], result: "i32", nonblocking: true },
  // options, record
  legend_agent_said: { parameters: [...TEXT, ...TEXT, ...OUT], result: "i32" },
  legend_link_start: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_link_status: { parameters: ["u32", ...OUT], result: "i32" },
  legend_link_close: { parameters: ["u32"], result: "void", nonblocking: true },
  legend_sink_open: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_sink_close: { parameters: ["u32"], result: "void" },
  // sink, reader, most records
  legend_sink_feed: { parameters: ["u32", "u32", "u32", ...OUT], result: "i32", nonblocking: true },
  legend_sink_status: { parameters: ["u32", ...OUT], result: "i32" },
  // sink, table
  legend_sink_body: { parameters: ["u32", "u32", ...OUT], result: "i32" },
  legend_sink_clear: { parameters: ["u32"], result: "void" },
  legend_store_run: { parameters: [...TEXT, ...OUT], result: "i32", nonblocking: true },
  // module
  legend_features: { parameters: [...TEXT, ...OUT], result: "i32" },
  // options, rows, labels
  legend_trainer_open: { parameters: [...TEXT, ...TEXT, ...TEXT, ...OUT], result: "i32", nonblocking: true },
  legend_trainer_rounds: { parameters: ["u32", "u32", ...OUT], result: "i32", nonblocking: true },
  // trainer, rounds
  legend_trainer_model: { parameters: ["u32", "u32", ...OUT], result: "i32", nonblocking: true },
  // trainer, rounds, rows
  legend_trainer_predict: { parameters: ["u32", "u32", ...TEXT, ...OUT], result: "i32", nonblocking: true },
  legend_trainer_close: { parameters: ["u32"], result: "void", nonblocking: true },
  // rows, features, learning rate, seed
  legend_network_open: { parameters: [...TEXT, "u32", "f32", "u32", ...OUT], result: "i32" },
  // trainer, rows, labels, weight of a positive row
  legend_network_epoch: {
    parameters: ["u32", ...TEXT, ...TEXT, "f32", ...OUT],
    result: "i32",
    nonblocking: true,
  },
  legend_network_model: { parameters: ["u32", ...OUT], result: "i32" },
  legend_network_close: { parameters: ["u32"], result: "void" },
  // model, rows, labels
  legend_model_calibrate: { parameters: ["u32", ...TEXT, ...TEXT, ...OUT], result: "i32", nonblocking: true },
  legend_model_importance: {
    parameters: ["u32", ...TEXT, ...TEXT, ...OUT],
    result: "i32",
    nonblocking: true,
  },
  legend_model_predict: { parameters: ["u32", ...TEXT, ...OUT], result: "i32", nonblocking: true },
  legend_model_close: { parameters: ["u32"], result: "void" },
  // model, options, golden rows
  legend_model_register: { parameters: ["u32", ...TEXT, ...TEXT, ...OUT], result: "i32", nonblocking: true },
  // labels, probabilities
  legend_judge: { parameters: [...TEXT, ...TEXT, ...OUT], result: "i32" },
  // path, rows
  legend_artefact_predict: { parameters: [...TEXT, ...TEXT, ...OUT], result: "i32", nonblocking: true },
  legend_registry: { parameters: [...TEXT, ...OUT], result: "i32" },
  legend_process_exit: { parameters: ["u32"], result: "void" },
  legend_process_protect: { parameters: [], result: "void" },
  legend_process_lean: { parameters: [], result: "void" },
  // user, group
  legend_process_become: { parameters: ["u32", "u32", ...OUT], result: "i32" },
  legend_end_with_parent: { parameters: ["u32"], result: "void" },
  legend_folder_identity: { parameters: [...TEXT, ...OUT], result: "i32" },
  // path, identity, quiet
  legend_end_with_folder: { parameters: [...TEXT, ...TEXT, "u32", ...OUT], result: "i32" },
  legend_running: { parameters: OUT, result: "i32" },
  legend_door_start: { parameters: [...TEXT, ...OUT], result: "i32" },
  // door, peers one a line
  legend_door_busy: { parameters: ["u32", ...TEXT, ...OUT], result: "i32" },
  // door, peer
  legend_door_stream: { parameters: ["u32", ...TEXT, ...OUT], result: "i32" },
  legend_door_status: { parameters: ["u32", ...OUT], result: "i32" },
  legend_descriptors: { parameters: OUT, result: "i32" },
  legend_door_close: { parameters: ["u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** `ABI_VERSION` of ffi/abi. */
export const ABI_VERSION = 11;
