import assert from "node:assert/strict";
import { AddressRanges, isLoopback, networkOf, originsOf, plainAddress } from "./net.ts";

Deno.test("AddressRanges has what its entries cover and nothing else", () => {
  const ranges = new AddressRanges("10.0.0.0/8, 192.0.2.7,fd00::/8,::1");
  for (const inside of ["10.255.0.1", "192.0.2.7", "fd12::9", "::1"]) assert.ok(ranges.has(inside), inside);
  for (const outside of ["11.0.0.1", "192.0.2.8", "fe80::1", "", "10.0.0.1x", "localhost", "10.1"]) {
    assert.ok(!ranges.has(outside), outside);
  }
  assert.ok(!new AddressRanges("").has("127.0.0.1"));
});

Deno.test("AddressRanges refuses what is not an address, and names it", () => {
  for (
    const bad of ["10.0.0.0/33", "::1/129", "10.0.0/8", "proxy", "10.0.0.0/8/8", "10.0.0.0/-1", "1.2.3.4/"]
  ) {
    assert.throws(() => new AddressRanges(`127.0.0.1,${bad}`), (error: Error) => error.message.includes(bad));
  }
});

Deno.test("originsOf takes only scheme, host and port", () => {
  assert.deepEqual(originsOf("https://Legend.example:443, http://[::1]:8080/"), [
    "https://legend.example",
    "http://[::1]:8080",
  ]);
  for (const bad of ["legend.example", "*", "https://a/b", "ftp://a", "https://u@a", "https://a?x", "null"]) {
    assert.throws(() => originsOf(bad), (error: Error) => error.message.includes(bad), bad);
  }
});

Deno.test("plainAddress takes an IPv4 address out of its IPv6 form", () => {
  assert.equal(plainAddress("::ffff:10.0.0.1"), "10.0.0.1");
  assert.equal(plainAddress("fd00::1"), "fd00::1");
});

Deno.test("networkOf() takes a household's IPv6 addresses as one", () => {
  const rows: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["local", "local"],
  ];
  for (const [address, network] of rows) assert.equal(networkOf(address), network, address);
});

Deno.test("isLoopback() takes what only this host reaches", () => {
  for (const inside of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) assert.ok(isLoopback(inside), inside);
  for (const outside of ["0.0.0.0", "::", "128.0.0.1", "127.0.0.1.example", "localhost.example", ""]) {
    assert.ok(!isLoopback(outside), outside);
  }
});
