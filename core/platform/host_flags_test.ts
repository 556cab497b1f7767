import assert from "node:assert/strict";
import { hostFlags } from "./host_flags.ts";

Deno.test("a command names the data folder always, as a shell takes it", () => {
  assert.equal(hostFlags("/srv/legend"), " --data-dir /srv/legend");
  assert.equal(hostFlags("/srv/it's; rm *"), " --data-dir '/srv/it'\\''s; rm *'");
  // A service has this one from its own HOME or XDG_DATA_HOME; the shell of who types has others.
  const home = Deno.env.get("HOME") ?? "/root";
  const usual = `${Deno.env.get("XDG_DATA_HOME") || `${home}/.local/share`}/legend`;
  for (const folder of [usual, "/home/ops/.local/share/legend", "/var/lib/legend"]) {
    assert.equal(hostFlags(folder), ` --data-dir ${folder}`);
  }
});
