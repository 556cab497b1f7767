/** The line that lists what a page's address asks for and the page does not do. */
import { useEffect, useState } from "preact/hooks";
import { ignored } from "./address.ts";

/** Notes in one line; renders nothing without notes. */
export const NotesLine = ({ notes }: { notes: readonly string[] }) =>
  notes.length === 0
    ? null
    : <p class="notes s t2" role="status" data-notes>Ignored in the address. {notes.join(". ")}.</p>;

/** For a page that uses only the parameters `known`. */
export function IgnoredParameters({ known }: { known: readonly string[] }) {
  const [notes, setNotes] = useState<string[]>([]);
  useEffect(() => setNotes(ignored(location.search, known)), []);
  return <NotesLine notes={notes} />;
}
