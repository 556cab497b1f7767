/** The module that a page is about: the address says it, and follows what is pressed. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { withParam } from "./address.ts";
import { MODULES } from "../proto/gen/names.ts";

const ofAddress = (): ModuleName | undefined =>
  MODULES.find((name) => name === new URLSearchParams(location.search).get("m"));

/** `mayLeave`: asked before another module is shown. */
export function useModule(
  first: ModuleName,
  mayLeave: () => Promise<boolean> = () => Promise.resolve(true),
): readonly [ModuleName, (module: ModuleName) => Promise<void>] {
  const [module, setModule] = useState<ModuleName>(first);
  const lately = useRef({ module, mayLeave });
  lately.current = { module, mayLeave };
  const address = (name: ModuleName) => withParam(location.search, "m", name);
  useEffect(() => {
    const follow = async () => {
      const next = ofAddress() ?? first;
      const { module, mayLeave } = lately.current;
      if (next === module) return;
      if (await mayLeave()) return setModule(next);
      // The address says again what is edited.
      history.pushState(null, "", address(module));
    };
    setModule(ofAddress() ?? first);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  return [module, async (next) => {
    if (next === module || !await mayLeave()) return;
    history.pushState(null, "", address(next));
    setModule(next);
  }];
}
