/** Every page at every width: nothing is outside the screen, and nothing overlaps. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { siteTests } from "./installation.ts";

const test = siteTests();

const PAGES = ["overview", "arbitrage", "sandwich", "datasets", "training", "settings", "audit"];
/** Desktop, 200 % of a 1440 px screen, tablet, phones. */
const WIDTHS = [1440, 1024, 768, 720, 390, 320];

const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Waits until what a script renders has the new width: two frames, and each chart as wide as its container. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".plot:not([hidden])")].every((place) => {
      const canvas = place.querySelector("canvas");
      return canvas !== null && Math.abs(canvas.getBoundingClientRect().width - place.clientWidth) <= 1;
    })
  );
}

/** Elements that are misplaced; runs in the page. */
function measured() {
  const root = document.documentElement;
  // Content that scrolls in its own container may have any width.
  const isHeld = (element: Element): boolean => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
  };
  const wide = [...document.body.querySelectorAll("*")].filter((element) =>
    element.getBoundingClientRect().right > root.clientWidth + 0.5 && !isHeld(element) &&
    !element.closest(".sr, .skip, dialog:not([open])")
  ).map((element) => `${element.tagName}.${element.className}`).slice(0, 4);
  // The box of each label's text.
  const boxes = (selector: string) =>
    [...document.querySelectorAll(selector)].map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return { text: element.textContent!.trim(), box: range.getBoundingClientRect() };
    }).filter(({ box }) => box.width > 0 && box.height > 0);
  const over = (groups: { text: string; box: DOMRect }[]) =>
    groups.flatMap((one, at) =>
      groups.slice(at + 1).filter(({ box }) =>
        box.left < one.box.right - 0.5 && one.box.left < box.right - 0.5 &&
        box.top < one.box.bottom - 0.5 &&
        one.box.top < box.bottom - 0.5
      ).map(({ text }) => `${one.text} over ${text}`)
    );
  const labels = boxes(".botnav > *").map(({ box }) => box).sort((one, other) => one.left - other.left);
  const close = labels.filter((box, at) => at > 0 && box.left - labels[at - 1]!.right < 3).length;
  // The visible part of a row's text: its cell may clip it.
  const seen = (cell: Element) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
    if (getComputedStyle(cell).overflowX === "visible") return { text: cell.className, box: text };
    const [left, right] = [Math.max(text.left, box.left), Math.min(text.right, box.right)];
    return { text: cell.className, box: new DOMRect(left, text.top, right - left, text.height) };
  };
  // As long as a count and an amount in another mint can be.
  const [row] = document.querySelectorAll("tr[data-id]");
  const planted = [
    [document.querySelector(".funnel > li:last-child > .top1.r"), "9,999,999,999"] as const,
    [row?.querySelector(".a-ev"), " −18,446,744,073,709,551,615 of FGXP…ibUc"] as const,
  ].map(([place, words]) => {
    const text = new Text(words);
    place?.append(text);
    return text;
  });
  const measurements = {
    close,
    sideways: root.scrollWidth - root.clientWidth,
    wide,
    covered: [
      ...over(boxes(".botnav > *")),
      ...over(boxes(".top a, .top button, .top .end > span")),
      ...over([...row?.querySelectorAll(".a-what, .a-ev, .a-out, .a-age") ?? []].map(seen)),
      ...over(boxes(".strip dd, .strip dt, .strip > button")),
    ],
  };
  for (const text of planted) text.remove();
  return measurements;
}

test("F17: no page scrolls sideways at any width, and nothing covers anything", async ({ open, url }) => {
  const page = await open("/overview");
  const found: string[] = [];
  for (const name of PAGES) {
    await page.goto(`${url}/${name}`);
    await page.waitForSelector(".strip >> text=Running");
    if (name === "overview") await page.waitForSelector(".plot canvas");
    if (["arbitrage", "sandwich"].includes(name)) await page.waitForSelector("tbody tr[data-id]");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      // The page must not scroll sideways even in the one frame before a chart is redrawn.
      const atOnce = await sideways(page);
      if (atOnce !== 0) found.push(`${name} at ${width}: ${atOnce} px sideways at once`);
      await settled(page);
      const measurements = await page.evaluate(measured);
      if (
        measurements.close > 0 || measurements.sideways > 0 || measurements.wide.length > 0 ||
        measurements.covered.length > 0
      ) {
        found.push(`${name} at ${width}: ${JSON.stringify(measurements)}`);
      }
    }
  }
  assert.deepEqual(found, []);
});
