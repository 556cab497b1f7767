import assert from "node:assert/strict";
import { supervise } from "./supervisor.ts";

/** Runs a shell's text as the one part; `stop`: asks it to end at the first line that contains the words. */
async function endOf(text: string, stop: string): Promise<number> {
  const end = new AbortController();
  const [part] = await supervise([{ name: "a part", args: [text] }], {
    spawn: ([line]) =>
      new Deno.Command("sh", { args: ["-c", line!], stdin: "null", stdout: "piped", stderr: "piped" })
        .spawn(),
    signal: end.signal,
    say: (line) => line.includes(stop) && end.abort(),
    passOn: (_part, line) => line.includes(stop) && end.abort(),
    isMeant: () => false,
  });
  return part!.code;
}

Deno.test("a part that is asked to end has the exit code of that end, not of an earlier crash or of a missing handler", async () => {
  const rows: [name: string, text: string, stop: string, code: number][] = [
    ["it crashed and waits for its next start", "kill -HUP $$", "restarting it", 0],
    ["it does not listen yet", "echo begun >&2; exec sleep 1000", "begun", 0],
    ["it ends with a fault", "trap 'exit 7' TERM; echo begun >&2; while :; do sleep 0.01; done", "begun", 7],
  ];
  for (const [name, text, stop, code] of rows) assert.equal(await endOf(text, stop), code, name);
});
