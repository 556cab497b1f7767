/**
 * A page without a browser, for the tests of islands. Import it before everything that imports preact, which inspects
 * the page when it is loaded. The server, the stream's worker and the clock belong to the test; the rest is the page's
 * code.
 */
import assert from "node:assert/strict";
import { Window } from "happy-dom";
import { delay } from "../core/platform/delay.ts";

/** The longest time that a test waits. */
const LIMIT_MS = 60_000;
const POLL_MS = 5;

const page = new Window({ url: "http://legend.test/page" });

// There is no layout here: a scrolled box is 560 px high and shows 20 rows.
const heightOf = (element: { matches(selector: string): boolean }) =>
  element.matches("tr") ? 28 : element.matches(".scroll") ? 560 : 0;
for (const name of ["offsetHeight", "clientHeight", "offsetWidth"]) {
  Object.defineProperty(page.HTMLElement.prototype, name, {
    get() {
      return heightOf(this);
    },
  });
}

const NAMES = [
  ...[
    "window",
    "document",
    "location",
    "history",
    "CSS",
    "ResizeObserver",
    "getComputedStyle",
    "localStorage",
  ],
  ...["Event", "CustomEvent", "KeyboardEvent", "MouseEvent", "PointerEvent", "InputEvent", "SubmitEvent"],
  ...["Node", "Text", "Element", "HTMLElement", "SVGElement", "HTMLDialogElement", "HTMLInputElement"],
  "FormData",
  "MutationObserver",
];
for (const name of NAMES) {
  const value = name === "window" ? page : page[name as keyof Window];
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
for (
  const name of [
    "addEventListener",
    "removeEventListener",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "matchMedia",
  ]
) {
  const own = page[name as "addEventListener"].bind(page);
  Object.defineProperty(globalThis, name, { value: own, configurable: true, writable: true });
}

/** For tests of islands: the page's clock and its polling continue after a test, as they do on a page. */
export const PAGE = { sanitizeOps: false, sanitizeResources: false };

/** Waits for a result; a failed assertion counts as not yet. */
export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  let why: unknown = "";
  for (const begin = Date.now(); Date.now() - begin < LIMIT_MS;) {
    try {
      const found = look();
      if (found) return found;
    } catch (error) {
      why = error;
    }
    await delay(POLL_MS);
  }
  throw new Error(`Waited ${LIMIT_MS / 1000} s in vain: ${what}\n${document.body.textContent}\n${why}`);
}

/** Two frames and what they started: the page has then done everything that it does without further input. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  }
}

/** The only element that matches. */
export function one<T extends HTMLElement = HTMLElement>(selector: string): T {
  const found = document.querySelectorAll<T>(selector);
  assert.equal(found.length, 1, `${found.length} of ${selector} in ${document.body.innerHTML}`);
  return found[0]!;
}

export const none = (selector: string) =>
  assert.equal(document.querySelectorAll(selector).length, 0, `${selector} in ${document.body.innerHTML}`);

/** The only button with these words. */
export function button(words: string): HTMLButtonElement {
  const found = [...document.querySelectorAll("button")].filter(({ textContent }) =>
    textContent?.trim().includes(words)
  );
  assert.equal(found.length, 1, `${found.length} buttons ${words} in ${document.body.innerHTML}`);
  return found[0]!;
}

/** Replaces the text of a field, and lets the page handle it. */
export async function type(selector: string, text: string): Promise<void> {
  const field = one<HTMLInputElement>(selector);
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settled();
}

/**
 * Presses a key on the focused element, and does what a browser does with Enter on a button; returns whether the
 * default was not prevented.
 */
export function press(key: string, keys: KeyboardEventInit = {}): boolean {
  const target = document.activeElement ?? document.body;
  const went = target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...keys }),
  );
  if (!went || key !== "Enter") return went;
  const form = target.closest("form");
  if (target.matches("button")) (target as HTMLButtonElement).click();
  // Enter in a field presses the form's own button, if it is enabled.
  else if (target.matches("input") && form) form.querySelector<HTMLButtonElement>("[type=submit]")?.click();
  return went;
}

export interface Request {
  method: string;
  path: string;
  // deno-lint-ignore no-explicit-any
  body: any;
}

/** The server: its requests and its answers. */
export class Server {
  readonly requests: Request[] = [];
  #answers: [string, (request: Request) => unknown][] = [];

  constructor() {
    globalThis.fetch = async (input, init) => {
      const { method = "GET", body } = init ?? {};
      const request = { method, path: String(input), body: body ? JSON.parse(String(body)) : undefined };
      this.requests.push(request);
      const key = `${method} ${request.path}`;
      const answer = this.#answers.find(([begin]) => key.startsWith(begin))?.[1];
      if (!answer) return Response.json({ detail: `Nothing at ${key}` }, { status: 404 });
      const value = await answer(request);
      return value instanceof Response ? value : Response.json(value);
    };
  }

  /** Answers requests that begin with `begin`, such as `POST /api/control/`; the newest answer counts. */
  on(begin: string, answer: (request: Request) => unknown): void {
    this.#answers.unshift([begin, answer]);
  }

  /** Requests that change something. */
  get changes(): Request[] {
    return this.requests.filter(({ method }) => method !== "GET");
  }
}

/** The page's clock: it only moves when the test advances it, so that no test depends on its speed. */
export class Clock {
  /** A whole number, so that sums are exact. */
  #now_ms = 1_000_000;
  constructor() {
    performance.now = () => this.#now_ms;
  }
  forward(ms: number): void {
    this.#now_ms += ms;
  }
}
