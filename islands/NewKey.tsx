/** A key for a program: label, rights and days are chosen; it is shown once, to be copied. */
import { useState } from "preact/hooks";
import type { Scope } from "../core/auth/rights.ts";
import { Icon } from "./_icons.tsx";
import { api, wordsOf } from "./api.ts";

const SCOPES: readonly (readonly [Scope, string])[] = [
  ["read", "see everything"],
  ["metrics", "Prometheus"],
  ["control", "commands, kill"],
  ["jobs", "datasets, training"],
  ["models", "deploy"],
  ["config", "settings"],
];
const DAYS = [7, 30, 90, 365] as const;

/** `look`: shows the new key in the list. */
export function NewKey({ look }: { look(): Promise<unknown> }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [days, setDays] = useState<number>(90);
  const [made, setMade] = useState<Made | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  async function make(event: Event) {
    event.preventDefault();
    setBusy(true);
    try {
      const { key } = await api("POST /api/keys", { body: { label: label.trim(), scopes, days } });
      setMade({ label: label.trim(), key });
      setLabel("");
      setProblem("");
    } catch (error) {
      setProblem(wordsOf(error));
    }
    await look();
    setBusy(false);
  }
  if (made) return <MadeKey made={made} onClose={() => setMade(null)} />;
  return (
    <form class="panel-b stack-3" onSubmit={make}>
      <h3>New key</h3>
      <div class="form">
        <div class="f">
          <label for="key-label">Label</label>
          <input
            class="in"
            id="key-label"
            maxLength={100}
            autocomplete="off"
            placeholder="What uses it"
            value={label}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
        </div>
        <Days days={days} setDays={setDays} />
        <Rights scopes={scopes} setScopes={setScopes} />
      </div>
      {problem && <p class="bad s" role="alert">{problem}</p>}
      <div class="row">
        <button
          type="submit"
          class="btn"
          disabled={busy || label.trim() === "" || scopes.length === 0}
        >
          Make key
        </button>
      </div>
    </form>
  );
}

/** A new key: only this page has it, the server keeps only its hash. */
interface Made {
  readonly label: string;
  readonly key: string;
}

/** The new key, until it is closed. */
const MadeKey = ({ made: { label, key }, onClose }: { made: Made; onClose(): void }) => (
  <div class="notice" data-s="ok" data-new-key role="status">
    <div class="grow stack">
      <b>Key {label}: shown only once, stored nowhere.</b>
      <div class="cmd">
        <code>{key}</code>
        <button type="button" class="cpy" data-copy={key} aria-label="Copy the new key">
          <Icon name="copy" />
        </button>
      </div>
    </div>
    <div class="end">
      <button type="button" class="btn" onClick={onClose}>I have it, close</button>
    </div>
  </div>
);

/** How long the key is valid. */
const Days = ({ days, setDays }: { days: number; setDays(days: number): void }) => (
  <div class="f">
    <label for="key-days">Ends after</label>
    <select
      class="in"
      id="key-days"
      value={String(days)}
      onChange={(event) => setDays(Number(event.currentTarget.value))}
    >
      {DAYS.map((one) => <option key={one} value={String(one)}>{`${one} days`}</option>)}
    </select>
  </div>
);

interface RightsProps {
  scopes: readonly Scope[];
  setScopes(scopes: readonly Scope[]): void;
}

/** What the key may do. */
function Rights({ scopes, setScopes }: RightsProps) {
  const toggle = (scope: Scope) =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <fieldset class="full">
      <legend>Rights</legend>
      <div class="row wrap">
        {SCOPES.map(([scope, what]) => (
          <label class="check" key={scope}>
            <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
            {scope} <span class="t3 s">{what}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
