/** The accessibility checker in a page. The page's policy refuses injected scripts: its context needs `bypassCSP`. */
import type { Page } from "playwright-core";

const axe = await Deno.readTextFile(new URL(import.meta.resolve("axe-core/axe.min.js")));

/** Rules that the page, or a part of it, violates, each with some of the elements. */
export async function violationsOf(page: Page, within: string | null = null): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(async (within) => {
    const { violations } = await (globalThis as unknown as {
      axe: {
        run(within: string | Document): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    }).axe.run(within ?? document);
    return violations.map(({ id, nodes }) =>
      `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 140)).join(" | ")}`
    );
  }, within);
}
