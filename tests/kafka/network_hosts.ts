/** Hosts with a network of their own: namespaces on one bridge, each of which can be cut off. Needs root. */
import assert from "node:assert/strict";

/** Runs `ip`. */
export async function ip(...words: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args: words }).output();
  assert.ok(success, `ip ${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A namespace: the words that run a command in it, its address, and the outer end of its link. */
export interface NetworkHost {
  readonly prefix: readonly string[];
  readonly address: string;
  readonly wire: string;
}

/** Runs with namespaces that share one link. */
export async function withHosts(
  count: number,
  run: (hosts: readonly NetworkHost[]) => Promise<void>,
): Promise<void> {
  const id = Deno.pid % 10_000;
  const bridge = `lgb${id}`;
  const hosts = Array.from({ length: count }, (_, at) => ({
    name: `legend-${id}-${at + 1}`,
    wire: `lgv${id}${at + 1}`,
    address: `10.77.${id % 250}.${at + 1}`,
  }));
  try {
    await ip("link", "add", bridge, "type", "bridge");
    await ip("link", "set", bridge, "up");
    for (const { name, wire, address } of hosts) {
      await ip("netns", "add", name);
      await ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name);
      await ip("link", "set", wire, "master", bridge, "up");
      await ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
      await ip("-n", name, "link", "set", "eth0", "up");
      await ip("-n", name, "link", "set", "lo", "up");
    }
    await run(
      hosts.map(({ name, address, wire }) => ({ prefix: ["ip", "netns", "exec", name], address, wire })),
    );
  } finally {
    for (const { name } of hosts) await new Deno.Command("ip", { args: ["netns", "del", name] }).output();
    await new Deno.Command("ip", { args: ["link", "del", bridge] }).output();
  }
}
