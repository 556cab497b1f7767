/** Who did what, newest first. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { Skeleton } from "./_ui.tsx";
import { api, wordsOf } from "./api.ts";
import type { AuditEntry } from "./client.gen.ts";
import { wholeDetail } from "./audit_detail.ts";
import { grouped, short, utc } from "./format.ts";
import { useHostCommand } from "./host_command.ts";
import { IgnoredParameters } from "./IgnoredParameters.tsx";

const EVERY_MS = 5_000;

/** The entries shown, newest first, and how many there are; polled while the top of the table is visible. */
function useEntries() {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const [total, setTotal] = useState(0);
  const [problem, setProblem] = useState("");
  const look = (before?: number) =>
    api("GET /api/control/audit-log", { query: { limit: 100, before } }).then(
      (answer) => {
        setEntries((known) => (before ? [...known ?? [], ...answer.entries] : answer.entries));
        setTotal(answer.total);
        setProblem("");
      },
      (error) => setProblem(wordsOf(error)),
    );
  useEffect(() => {
    look();
    const timer = setInterval(
      () => document.hidden || document.querySelector(".tw")!.scrollTop > 0 || look(),
      EVERY_MS,
    );
    return () => clearInterval(timer);
  }, []);
  return { entries, total, problem, look };
}

export default function AuditTable() {
  const { entries, total, problem, look } = useEntries();
  const verify = useHostCommand("audit verify");
  return (
    <section class="panel">
      <IgnoredParameters known={[]} />
      <div class="panel-h">
        <h2>Entries</h2>
        <span class="s t2">
          each holds the hash of the one before; <code>{verify}</code> goes through all
        </span>
      </div>
      {problem && <p class="panel-b bad" role="alert">{problem}</p>}
      <div class="tw scroll" tabIndex={0} role="region" aria-label="Audit entries (scrollable)">
        <table class="stk">
          <caption class="sr">Audit entries, newest first</caption>
          <EntryHead />
          <tbody>
            {entries?.map((entry) => <EntryRow key={entry.seq} entry={entry} />)}
          </tbody>
        </table>
        {entries === null && !problem && (
          <div class="panel-b">
            <Skeleton what="Entries" lines={6} />
          </div>
        )}
      </div>
      <div class="panel-f">
        <span>{entries === null ? "" : `${grouped(entries.length)} of ${grouped(total)}`}</span>
        {entries && entries.length < total && (
          <button
            type="button"
            class="btn"
            onClick={() => look(entries.at(-1)!.seq)}
          >
            Older
          </button>
        )}
      </div>
    </section>
  );
}

/** The columns. */
const EntryHead = () => (
  <thead>
    <tr>
      <th scope="col" class="p2">Entry</th>
      <th scope="col">
        Time <span class="u">UTC</span>
      </th>
      <th scope="col">Who</th>
      <th scope="col">What</th>
      <th scope="col" class="p2">Module</th>
      <th scope="col" class="p2">Detail</th>
      <th scope="col" class="p3">Hash</th>
    </tr>
  </thead>
);

/** One entry, with its hash to copy. */
const EntryRow = ({ entry }: { entry: AuditEntry }) => (
  <tr>
    <td class="p2 t2">{grouped(entry.seq)}</td>
    <td>{utc(entry.at_ms)}</td>
    <th scope="row">{entry.who}</th>
    <td class="b">{entry.action}</td>
    <td class="p2">{entry.module}</td>
    <td class="p2">
      <Detail text={entry.detail} />
    </td>
    <td class="p3">
      <span class="mono" title={entry.hash}>{short(entry.hash)}</span>
      <button
        type="button"
        class="cpy"
        data-copy={entry.hash}
        aria-label={`Copy hash of entry ${entry.seq}`}
      >
        <Icon name="copy" />
      </button>
    </td>
  </tr>
);

/** Longer details are collapsed; opening one shows all of it. */
const FITS = 32;

const Detail = ({ text }: { text: string }) =>
  text.length <= FITS ? <>{text}</> : (
    <details class="detail">
      <summary class="trunc">{text}</summary>
      <pre class="log" tabIndex={0}>{wholeDetail(text)}</pre>
    </details>
  );
