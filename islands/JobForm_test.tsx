/** A kind of job defined only here, with a field of each sort, gets its form from its row alone. */
import { button, none, one, PAGE, Server, settled, type, until } from "../tests/dom.ts";
import assert from "node:assert/strict";
import { h, render } from "preact";
import { z } from "zod";
import type { JobKind } from "../core/jobs/kind.ts";
import { keptRange, range } from "../proto/jobs.ts";
import { formOf } from "../tools/job_forms.ts";
import { JobForm, type JobFormProps, JobForms } from "./JobForm.tsx";

const more = {
  name: z.string().min(1),
  speed: z.enum(["slow", "fast"]).default("slow"),
  colour: z.enum(["red", "green", "blue", "grey", "black"]).default("grey"),
  parts: z.array(z.enum(["front", "back"])).min(1).default(["front"]),
  pools: z.array(z.enum(["p1", "p2", "p3"])).default([]),
  depth: z.number().int().min(1).max(9).default(3),
  inner: z.strictObject({ rate: z.number().gt(0).max(1).default(0.5) }).prefault({}),
  dry: z.boolean().default(false),
  unseen: z.number().default(7),
};
const SWEEP = {
  name: "sweep",
  page: "datasets",
  asked: z.strictObject({ ...more, range }),
  kept: z.strictObject({ ...more, range: keptRange }),
  start: { paths: ["/api/sweep"], summary: "" },
  form: {
    id: "sw",
    title: "Sweep of {module}",
    submit: "Sweep now",
    given: { module: { mev: "sandwich" } },
    fields: {
      "range.start": { label: "From", days_back: 1, hint: "a day" },
      "range.end": { label: "To", days_back: 0 },
      name: { label: "Name", begins: "s.csv", fresh: true },
      speed: { label: "Speed", words: { slow: "Slowly" }, need_engines: ["slow"] },
      colour: { label: "Colour", words: { red: "Red" } },
      parts: { label: "Parts", words: { front: "Front" } },
      pools: { label: "Pools", one_or: "Every one" },
      depth: { label: "Depth", unit: "metres" },
      "inner.rate": { label: "Rate" },
      dry: { label: "Without doing it" },
    },
  },
} as unknown as JobKind<unknown>;

const server = new Server();
let refreshed = 0;

async function draw(props: Partial<JobFormProps> = {}): Promise<void> {
  render(null, document.body);
  document.body.innerHTML = "";
  server.requests.length = 0;
  refreshed = 0;
  const look = () => Promise.resolve(void refreshed++);
  const lacks = { store: null, engines: null };
  render(
    h(JobForm, { form: formOf(SWEEP), given: { module: "mev" }, resubmitted: null, look, lacks, ...props }),
    document.body,
  );
  await settled();
}

const value = (id: string) => one<HTMLInputElement>(`#sw-${id}`).value;
const labels = () => [...document.querySelectorAll("label, legend")].map(({ textContent }) => textContent);
const send = () => button("Sweep now");

async function choose(selector: string, to: string): Promise<void> {
  const select = one<HTMLSelectElement>(selector);
  select.value = to;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
}

async function click(element: HTMLElement): Promise<void> {
  element.click();
  await settled();
}
const input = (words: string) =>
  [...document.querySelectorAll("label")].find((label) => label.textContent === words)!
    .querySelector<HTMLInputElement>("input")!;

Deno.test(
  { name: "each sort of field is drawn with its label, its choices and its default", ...PAGE },
  async () => {
    await draw();
    assert.equal(one("h2").textContent, "Sweep of sandwich");
    assert.deepEqual(labels(), [
      ...["From", "To", "Name", "Speed", "Slowly", "fast", "Colour", "Parts", "Front", "back", "Pools"],
      ...["Depth, metres", "Rate", "Without doing it"],
    ]);
    assert.equal(one("#sw-start-hint").textContent, "a day");
    assert.equal(one("#sw-start").getAttribute("aria-describedby"), "sw-start-hint");
    none("#sw-end-hint");
    assert.equal(one("#sw-end").getAttribute("aria-describedby"), null);
    assert.deepEqual([value("name"), value("depth"), value("rate"), value("colour"), value("pools")], [
      ...["s.csv", "3", "0.5", "grey", ""],
    ]);
    const options = (id: string) => [...one(`#sw-${id}`).children].map(({ textContent }) => textContent);
    assert.deepEqual(options("colour"), ["Red", "green", "blue", "grey", "black"]);
    assert.deepEqual(options("pools"), ["Every one", "p1", "p2", "p3"]);
    assert.ok(input("Slowly").checked && input("Front").checked && !input("back").checked);
    for (const label of document.querySelectorAll("label")) {
      const id = label.getAttribute("for");
      assert.ok(id ? document.getElementById(id) : label.querySelector("input"), label.textContent!);
    }
  },
);

Deno.test(
  { name: "what was typed and chosen is sent to the kind's route, and nothing else", ...PAGE },
  async () => {
    await draw();
    server.on("POST /api/sweep", () => ({ ok: true, job_id: "j" }));
    await type("#sw-start", "2026-11-01");
    await type("#sw-end", "2026-11-02");
    await type("#sw-name", "mine.csv");
    await type("#sw-depth", "9");
    await type("#sw-rate", "0.25");
    await choose("#sw-colour", "red");
    await choose("#sw-pools", "p2");
    await click(input("fast"));
    await click(input("back"));
    await click(input("Without doing it"));
    send().click();
    await until("it looks at the jobs", () => refreshed === 1);
    assert.deepEqual(server.changes.map(({ path }) => path), ["/api/sweep"]);
    const { body } = server.changes[0]!;
    assert.deepEqual(body, {
      module: "mev",
      range: { start: "2026-11-01", end: "2026-11-02" },
      name: "mine.csv",
      speed: "fast",
      colour: "red",
      parts: ["front", "back"],
      pools: ["p2"],
      depth: 9,
      inner: { rate: 0.25 },
      dry: true,
    });
  },
);

Deno.test({
  name: "an error is shown at its field, which gets the focus; one of no field is shown below",
  ...PAGE,
}, async () => {
  await draw();
  await type("#sw-depth", "10");
  send().click();
  await until(
    "the range",
    () => one("#sw-depth-hint").textContent === "Depth: need a whole number of metres from 1 to 9, got `10`",
  );
  assert.equal(document.activeElement, one("#sw-depth"));
  assert.equal(one("#sw-depth").getAttribute("aria-invalid"), "true");
  assert.equal(server.changes.length, 0, "a wrong number is not sent");
  await type("#sw-depth", "2");
  const refused = (detail: string, field?: string) =>
    server.on("POST /api/sweep", () => Response.json({ detail, field }, { status: 422 }));
  for (
    const [field, hint, focus] of [
      ["range.start", "#sw-start-hint", "#sw-start"],
      ["inner.rate", "#sw-rate-hint", "#sw-rate"],
      ["colour", "#sw-colour-hint", "#sw-colour"],
      ["speed", "#sw-speed-hint", "[name=sw-speed]:checked"],
      ["parts.0", "#sw-parts-hint", "[name=sw-parts]:checked"],
    ] as const
  ) {
    refused(`${field} is odd`, field);
    send().click();
    await until(field, () => one(hint).textContent === `${field} is odd`);
    assert.equal(one(hint).getAttribute("role"), "alert");
    assert.equal(document.activeElement, one(focus));
    assert.equal(document.querySelectorAll("[role=alert]").length, 1, "it is said once");
  }
  for (const field of ["unseen", "dry", undefined]) {
    refused(`${field} is wrong`, field);
    send().click();
    await until("below", () => one("p[role=alert]").textContent === `${field} is wrong`);
  }
  assert.equal(refreshed, 0);
});

Deno.test(
  { name: "a form is filled with what a job before was asked for, under the next name", ...PAGE },
  async () => {
    await draw({
      resubmitted: {
        range: { start_ms: Date.UTC(2026, 10, 1), end_ms: Date.UTC(2026, 10, 2, 3, 4) },
        ...{ name: "s.csv", speed: "fast", colour: "blue", parts: ["back"], pools: ["p1", "p3"], depth: 5 },
        ...{ inner: { rate: 1 }, dry: true, unseen: 8 },
      },
    });
    assert.deepEqual(
      ["start", "end", "name", "colour", "pools", "depth", "rate"].map(value),
      ["2026-11-01", "2026-11-02T03:04Z", "s_2.csv", "blue", "p1, p3", "5", "1"],
    );
    assert.ok(input("fast").checked && input("back").checked && input("Without doing it").checked);
    assert.ok(!input("Front").checked);
    server.on("POST /api/sweep", () => ({ ok: true, job_id: "j" }));
    send().click();
    const { body } = await until("it is sent", () => server.changes[0]);
    assert.deepEqual(body.pools, ["p1", "p3"], "what the page shows as one is sent whole");
  },
);

Deno.test(
  { name: "what jobs lack is shown, and no form or choice that would fail is offered", ...PAGE },
  async () => {
    await draw({ lacks: { store: "There is no store", engines: null } });
    assert.equal(one("[data-lacks]").textContent, "There is no store.");
    assert.ok(send().disabled);
    await draw({ lacks: { store: null, engines: "The engines are missing" } });
    assert.equal(one("[data-lacks]").textContent, "The engines are missing.");
    assert.ok(!labels().includes("Slowly"));
    assert.ok(input("fast").checked && !send().disabled);
    server.on("POST /api/sweep", () => ({ ok: true, job_id: "j" }));
    send().click();
    assert.equal((await until("it is sent", () => server.changes[0])).body.speed, "fast");
    await draw({ lacks: undefined });
    none("[data-lacks]");
    await click(input("Front"));
    assert.ok(send().disabled, "one part at least is needed");
  },
);

Deno.test({ name: "each page has the forms of its kinds", ...PAGE }, async () => {
  for (
    const [page, title] of [["datasets", "New dataset"], ["training", "Start training of sandwich"]] as const
  ) {
    render(null, document.body);
    document.body.innerHTML = "";
    const look = () => Promise.resolve();
    const props = { page, resubmitted: null, given: { module: "mev" }, look, lacks: undefined };
    render(h(JobForms, props), document.body);
    await settled();
    assert.equal(one("h2").textContent, title);
  }
});
