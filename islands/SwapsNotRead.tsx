/** Calls that look like a swap but that no decoder reads: what is missing from all results, and in which program. */
import type { MissedSwaps } from "../core/control/control.ts";
import { Icon } from "./_icons.tsx";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { usePolled } from "./polling.ts";
import { grouped, short } from "./format.ts";
import { notRead } from "./swaps_not_read.ts";

/** The list is long and changes slowly. */
const EVERY_MS = 30_000;

export function SwapsNotRead() {
  const asked = usePolled("GET /api/agents", {}, EVERY_MS);
  const found = asked.value && notRead(asked.value.agents);
  return (
    <section class="panel" data-not-read={found?.total ?? ""}>
      <div class="panel-h">
        <h2>Swaps not read</h2>
        <span class="s t2">
          calls that look like swaps but could not be read, since the agents' start; each agent counts for
          itself, the highest count stands here
        </span>
      </div>
      <NoAnswer asked={asked} what="Swaps not read" />
      {found === undefined
        ? (
          <div class="panel-b">
            <Skeleton what="Swaps not read" lines={2} />
          </div>
        )
        : found === null
        ? (
          <p class="panel-b t2 s">
            Unknown: no agent counts them. Either none runs, or it is an older version.
          </p>
        )
        : found.total === 0
        ? <p class="panel-b t2 s">None. Every call that looked like a swap was read.</p>
        : (
          <>
            <p class="panel-b s">
              {grouped(found.total)}{" "}
              trades are missing from what was found: their program is new to this version, or has changed.
            </p>
            <div class="tw" tabIndex={0} role="region" aria-label="Swaps not read (scrollable)">
              <table>
                <caption class="sr">
                  Calls that look like swaps but could not be read, most frequent first
                </caption>
                <thead>
                  <tr>
                    <th scope="col">Program</th>
                    <th scope="col">
                      <abbr title="first bytes of the instruction, hex">Tag</abbr>
                    </th>
                    <th scope="col" class="n">Count</th>
                    <th scope="col">Example</th>
                  </tr>
                </thead>
                <tbody>{found.rows.map((row) => <Row key={`${row.program} ${row.tag}`} row={row} />)}</tbody>
              </table>
            </div>
            {found.others > 0 && (
              <div class="panel-f">
                <span>and {grouped(found.others)} of other programs or tags</span>
              </div>
            )}
          </>
        )}
    </section>
  );
}

const Row = ({ row: { program, dex, tag, count, example } }: { row: MissedSwaps }) => (
  <tr>
    <th scope="row">
      {dex && <>{dex}{" "}</>}
      <Copied text={program} what="program id" />
    </th>
    <td class="mono">{tag || "no data"}</td>
    <td class="n">{grouped(count)}</td>
    <td>{example ? <Copied text={example} what="signature" /> : <span class="t2">unknown</span>}</td>
  </tr>
);

const Copied = ({ text, what }: { text: string; what: string }) => (
  <>
    <span class="mono" title={text}>{short(text)}</span>
    <button type="button" class="cpy" data-copy={text} aria-label={`Copy ${what} ${short(text)}`}>
      <Icon name="copy" />
    </button>
  </>
);
