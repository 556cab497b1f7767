/** What a process of `legend` sets for itself: its user, what may look into it, and when it must end. */
import type { RunningInstallation } from "../core/platform/data_dir.ts";
import type { LineStyle } from "../core/platform/logger.ts";
import { type Library, utf8 } from "./library.ts";

/** In the environment of a part: the process that started it. */
export const PARENT_VARIABLE = "LEGEND_PARENT";
/** In the environment of a part: which data folder its supervisor opened. */
export const FOLDER_VARIABLE = "LEGEND_FOLDER";

/** Nothing else may read its memory, what it starts gets no more rights, what it creates is only its user's. */
export function protect(library: Library): void {
  library.symbols.legend_process_protect();
}

/** Large blocks go back to the system when they are freed, instead of staying with the thread that had them. */
export function returnFreedMemory(library: Library): void {
  library.symbols.legend_process_return_memory();
}

/** The lines of the library have this form from here on. */
export function setLineStyle(library: Library, { format, level, part, instance }: LineStyle): void {
  const text = utf8(JSON.stringify({ format, level, part, instance }));
  library.call((out, size) => library.symbols.legend_line_style(text, text.length, out, size));
}

/** Ends this process at once, without running what libraries do at exit. */
export function exitAtOnce(library: Library, code: number): never {
  library.symbols.legend_process_exit(code);
  throw new Error("unreachable");
}

/** Becomes another user permanently; only root can. */
export function becomeUser(library: Library, uid: number, gid: number): void {
  library.call((out, size) => library.symbols.legend_process_become(uid, gid, out, size));
}

/** Ends this process when the one that started it ends, also when that has happened already. */
export function endWithParent(library: Library): void {
  library.symbols.legend_end_with_parent(Number(Deno.env.get(PARENT_VARIABLE) ?? Deno.ppid));
}

/** A text that identifies the data folder now at `path` and its folder of the agents, unique on this host. */
export function folderIdentity(library: Library, path: string): string {
  const text = utf8(path);
  return library.text((out, size) => library.symbols.legend_folder_identity(text, text.length, out, size));
}

/** Ends this process with exit code 3 when one of the two is replaced or gone; `quiet`: its supervisor reports it. */
export function endWithFolder(library: Library, path: string, identity: string, quiet: boolean): void {
  const [text, known] = [utf8(path), utf8(identity)];
  const { legend_end_with_folder } = library.symbols;
  library.call((out, size) =>
    legend_end_with_folder(text, text.length, known, known.length, quiet ? 1 : 0, out, size)
  );
}

/** Data folders in which a `legend run` is running, as far as this user may see. */
export function runningInstallations(library: Library): RunningInstallation[] {
  return JSON.parse(library.text((out, size) => library.symbols.legend_running(out, size)));
}
