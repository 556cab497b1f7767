/** The model files of this installation. */
import { ModelRegistry } from "../ffi/models.ts";
import type { Context } from "./context.ts";

/** Reads and changes the model files; what it writes is signed with the control key. */
export function registryOf(context: Context): ModelRegistry {
  return new ModelRegistry(
    context.library(),
    context.dataDir().path,
    context.setting("control.sign_sk_hex"),
    context.setting("models.foreign"),
  );
}
