/** The module that a page shows: read from the address, which is updated when the module is changed. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModuleName } from "../core/control/control.ts";
import { withParam } from "./address.ts";
import { MODULES } from "../proto/gen/names.ts";

const ofAddress = (): ModuleName | undefined =>
  MODULES.find((name) => name === new URLSearchParams(location.search).get("m"));

/** `mayLeave`: called before another module is shown. */
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
      // Restores the address of the edited module.
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
