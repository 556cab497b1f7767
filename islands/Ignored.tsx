/** The line on what a page's address asks for and the page does not do. */
import { useEffect, useState } from "preact/hooks";
import { ignored } from "./address.ts";

/** Notes in one line; nothing without. */
export const Notes = ({ notes }: { notes: readonly string[] }) =>
  notes.length === 0
    ? null
    : <p class="notes s t2" role="status" data-notes>Ignored in the address. {notes.join(". ")}.</p>;

/** For a page that uses the parameters `known` and no others. */
export function Ignored({ known }: { known: readonly string[] }) {
  const [notes, setNotes] = useState<string[]>([]);
  useEffect(() => setNotes(ignored(location.search, known)), []);
  return <Notes notes={notes} />;
}
