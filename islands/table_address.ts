/** Keeps the live table's filters and its open decision in the page's address. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { tableAddress, withParam } from "./address.ts";

const NOTHING = { query: "", gate: "", tiers: [], selected: null, notes: [] };

/** The state in the address; follows Back and Forward. */
export function useAddress(module: ModuleName) {
  const read = () => tableAddress(location.search, module === "mev");
  const [address, setAddress] = useState<ReturnType<typeof tableAddress>>(NOTHING);
  useEffect(() => {
    const follow = () => setAddress(read());
    follow();
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, [module]);
  /** Filters replace the current history entry. */
  const filter = (name: string, value: string) => {
    history.replaceState(history.state, "", withParam(location.search, name, value));
    setAddress(read());
  };
  /** A drawer is one history entry, however many decisions are viewed in it. */
  const select = (id: string | null) => {
    if (id === address.selected) return;
    if (id === null && history.state?.drawer) {
      setAddress({ ...address, selected: null });
      return history.back();
    }
    const url = withParam(location.search, "sel", id ?? "");
    if (id !== null && address.selected === null) history.pushState({ drawer: true }, "", url);
    else history.replaceState(history.state, "", url);
    setAddress(read());
  };
  return { address, filter, select };
}
