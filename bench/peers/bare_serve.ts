/** The fastest server possible in Deno: it answers the bytes of the API without any check. */
const BODY = JSON.stringify({
  module: "mev",
  paper: true,
  hotpath_p50: null,
  hotpath_p99: null,
  send_p99: null,
  landed_pct: null,
  pnl_1h: null,
  age_s: null,
  series: { t: [], hotpath_p50: [], hotpath_p99: [], send_p99: [], p_land: [], pnl: [] },
  counters: {},
});
Deno.serve(
  { port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen: () => {} },
  () => new Response(BODY, { headers: { "content-type": "application/json" } }),
);
