/**
 * The rights of `legend`, for the executable and for runs from a checkout.
 * Files, environment, network: the data folder and captured data can be anywhere, the operator chooses addresses. Native code: our
 * library only. Programs: ourselves only.
 */
export const RUNTIME_FLAGS = [
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
