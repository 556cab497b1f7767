/**
 * The rights of `legend`, for the executable and for runs from a checkout.
 * Files, environment, network: the data folder and captured data can be anywhere, the operator chooses addresses. Native code: our
 * library only. Programs: ourselves only.
 * Memory: V8 collects young objects at 2 MiB and old ones from 24 MiB on. With its own defaults (16 MiB and more) the API grew by
 * 83 MiB in a minute under a stranger's load, with these by 41 MiB; requests a second and the bridge's time per record stayed.
 */
export const RUNTIME_FLAGS = [
  "--v8-flags=--max-semi-space-size=2,--initial-old-space-size=24",
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-net",
  "--allow-sys",
  "--allow-ffi={LIBRARY}",
  "--allow-run={EXE}",
] as const;

/** Only for the packed bundle, which has all its modules inside. */
export const PACKED_FLAGS = ["--no-config", "--no-lock", "--no-remote", "--cached-only"] as const;
