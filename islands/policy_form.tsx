/** The state of a policy's form: what is typed, which of it differs, and the result after it was sent. */
import { useEffect, useState } from "preact/hooks";
import type { ModuleName, PolicyState } from "../core/control/control.ts";
import { MODULE_TITLES } from "./agents.ts";
import { Problem, wordsOf } from "./api.ts";
import type { CommandAnswer } from "./client.gen.ts";
import { sendCommand } from "./commands.ts";
import { confirmed } from "./Confirm.tsx";
import {
  changed,
  check,
  conflicts,
  type Edits,
  type FieldName,
  inForce,
  type Settled,
  textsOf,
} from "./policy_edit.ts";

/** Longer than an agent needs to report its new policy. */
const SETTLED_MS = 30_000;

/** Values sent and accepted, kept as long as agents may still report the values before. */
function useSettled() {
  const [settled, setSettled] = useState<Settled>({});
  // Agents that report the old value after this time were sent it again.
  useEffect(() => {
    if (Object.keys(settled).length === 0) return;
    const timer = setTimeout(() => setSettled({}), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [settled]);
  return [settled, setSettled] as const;
}

/** The answer to the last try. */
function useAnswer() {
  const [answer, setAnswer] = useState<CommandAnswer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const forget = () => {
    setAnswer(null);
    setProblem(null);
  };
  const fail = (error: unknown) =>
    setProblem(error instanceof Problem ? error : new Problem(0, wordsOf(error)));
  return { answer, problem, setAnswer, fail, forget };
}

/** The values of the changed and valid fields. */
const valuesOf = (changes: readonly FieldName[], edits: Edits) =>
  Object.fromEntries(changes.flatMap((name) => {
    const found = check(name, edits[name]!.text);
    return "value" in found ? [[name, found.value]] : [];
  }));

/** The edits of a module's policy, and the function that sends them. */
export function usePolicyForm(module: ModuleName, policy: PolicyState) {
  const [settled, setSettled] = useSettled();
  const texts = textsOf(policy);
  const now = inForce(texts, settled);
  const [edits, setEdits] = useState<Edits>({});
  const [reason, setReason] = useState("");
  const { answer, problem, setAnswer, fail, forget } = useAnswer();
  const [busy, setBusy] = useState(false);
  const changes = changed(edits, now);
  const theirs = conflicts(edits, now);
  const wrong = (name: FieldName): string => {
    if (!edits[name]) return "";
    const found = check(name, edits[name].text);
    return "wrong" in found ? found.wrong : problem?.field?.startsWith(name) ? problem.detail : "";
  };
  // The shown answer belongs to what was sent.
  const change = (next: Edits) => {
    setEdits(next);
    forget();
  };
  async function send(event: Event) {
    event.preventDefault();
    const first = changes.find((name) => wrong(name) && !problem);
    if (first) return document.getElementById(`p-${first}`)?.focus();
    if (changes.length === 0 || theirs.length > 0 || busy) return;
    const body = valuesOf(changes, edits);
    if (body.throttle_pct === 100 && policy.throttle_pct < 100 && !await confirmed(STOP_ALL(module))) return;
    setBusy(true);
    // The answer to the last try does not belong to this one.
    forget();
    try {
      const sent = await sendCommand(module, "policy", { ...body, ...(reason ? { reason } : {}) });
      if (sent.ok) {
        setSettled(
          Object.fromEntries(changes.map((name) => [name, { text: edits[name]!.text, old: texts[name] }])),
        );
        setEdits({});
      }
      setAnswer(sent);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  }
  return { now, edits, reason, setReason, answer, problem, busy, changes, theirs, wrong, change, send };
}

const STOP_ALL = (module: ModuleName) => ({
  title: `Throttle ${MODULE_TITLES[module].toLowerCase()} by 100 %?`,
  body: (
    <p>
      It skips every decision: nothing is emitted until the throttle is lowered. The agents keep watching.
    </p>
  ),
  yes: "Throttle by 100 %",
});
