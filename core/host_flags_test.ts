import assert from "node:assert/strict";
import { hostFlags } from "./host_flags.ts";

Deno.test("a command names the data folder where it is not the usual one, as a shell takes it", () => {
  const env = { HOME: "/home/ops" };
  assert.equal(hostFlags("/home/ops/.local/share/legend", env), "");
  assert.equal(hostFlags("/srv/legend", env), " --data-dir /srv/legend");
  assert.equal(hostFlags("/home/ops/.local/share/legend", {}), " --data-dir /home/ops/.local/share/legend");
  assert.equal(hostFlags("/data/ops", { HOME: "/h", XDG_DATA_HOME: "/data" }), " --data-dir /data/ops");
  assert.equal(hostFlags("/srv/it's; rm *", env), " --data-dir '/srv/it'\\''s; rm *'");
});
