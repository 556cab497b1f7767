/** The state of a policy's form: what is typed, what of it differs, and what became of it once it was sent. */
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

/** Longer than an agent's report of its new policy takes. */
const SETTLED_MS = 30_000;

/** What was sent and answered, for as long as agents may still report what was before. */
function useSettled() {
  const [settled, setSettled] = useState<Settled>({});
  // Agents that still say the old after so long have been told it again.
  useEffect(() => {
    if (Object.keys(settled).length === 0) return;
    const timer = setTimeout(() => setSettled({}), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [settled]);
  return [settled, setSettled] as const;
}

/** What the last try was answered. */
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

/** The values of the fields that are changed and right. */
const valuesOf = (changes: readonly FieldName[], edits: Edits) =>
  Object.fromEntries(changes.flatMap((name) => {
    const found = check(name, edits[name]!.text);
    return "value" in found ? [[name, found.value]] : [];
  }));

/** The edits of a module's policy, and the way to send them. */
export function usePolicyForm(module: ModuleName, policy: PolicyState) {
  const [settled, setSettled] = useSettled();
  const told = textsOf(policy);
  const now = inForce(told, settled);
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
  // What was answered belongs to what was sent.
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
    // What the last try was answered is not this one's answer.
    forget();
    try {
      const sent = await sendCommand(module, "policy", { ...body, ...(reason ? { reason } : {}) });
      if (sent.ok) {
        setSettled(
          Object.fromEntries(changes.map((name) => [name, { text: edits[name]!.text, old: told[name] }])),
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
      It skips every decision: nothing is emitted until the throttle is lowered. The agents go on watching.
    </p>
  ),
  yes: "Throttle by 100 %",
});
