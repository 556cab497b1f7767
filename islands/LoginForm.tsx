/** Name and password; at the first login then a new password. Reveals no trading state. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { api, Problem, wordsOf } from "./api.ts";

const PASSWORD_LENGTH = { min: 12, max: 256 };

/** What is wrong with a new password, as text; "": nothing that the browser can check. */
function faultOf(next: string, repeated: string): string {
  const { min, max } = PASSWORD_LENGTH;
  if (next.length < min) {
    return `The new password is too short: it has ${next.length} characters, need ${min} or more.`;
  }
  if (next.length > max) {
    return `The new password is too long: it has ${next.length} characters, need ${max} or less.`;
  }
  return next === repeated ? "" : "The two new passwords differ.";
}

export interface LoginFormProps {
  host: string;
  version: string;
  /** The user is known and must choose a new password. */
  change: boolean;
  /** The requested page, checked by the server. */
  next: string;
}

/** The steps of a login: name and password, then a new password if required, then the page `next`. */
function useLogin(change: boolean, next: string) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [mustChange, setMustChange] = useState(change);
  const [first, setFirst] = useState("");

  async function submit(event: Event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    setProblem("");
    try {
      if (mustChange) {
        const fault = faultOf(field("next"), field("again"));
        if (fault) throw new Problem(0, fault);
        await api("POST /api/auth/password", {
          body: { current: first || field("current"), next: field("next") },
        });
      } else {
        const { must_change } = await api("POST /api/auth/login", {
          body: { user: field("user"), password: field("password") },
        });
        if (must_change) {
          setFirst(field("password"));
          setMustChange(true);
          return;
        }
      }
      location.assign(next);
    } catch (error) {
      // The schema uses the field names of the wire.
      setProblem(
        wordsOf(error).replace(/^next: /, "New password: ").replace(/^current: /, "First password: "),
      );
    } finally {
      setBusy(false);
    }
  }
  return { problem, busy, mustChange, first, submit };
}

export default function LoginForm({ host, version, change, next }: LoginFormProps) {
  const { problem, busy, mustChange, first, submit } = useLogin(change, next);
  const form = useRef<HTMLFormElement>(null);
  // The first field of each step gets the focus.
  useEffect(() => {
    form.current?.querySelector("input")?.focus();
  }, [mustChange]);
  return (
    <main class="login" id="main">
      <form ref={form} onSubmit={submit}>
        <div class="stack">
          <h1>legend</h1>
          {host && <p class="t2 s">{host}</p>}
        </div>
        {mustChange ? <NewPasswordFields asksCurrent={!first} /> : <NameFields />}
        {problem && (
          <p class="f" role="alert">
            <span class="err">
              <Icon name="warn" />
              {problem}
            </span>
          </p>
        )}
        <button type="submit" class="btn btn-p" disabled={busy}>
          {mustChange ? "Set password" : "Log in"}
        </button>
        {!mustChange && (
          <p class="s t2">
            First start? The one-time login is in <code>first-login</code> in the data folder. If it is lost:
            {" "}
            <code>legend user passwd admin</code> on the host.
          </p>
        )}
        {version && <p class="s t3">legend {version}</p>}
      </form>
    </main>
  );
}

/** The fields of a login. */
const NameFields = () => (
  <>
    <Field name="user" label="User" type="text" autocomplete="username" />
    <Field name="password" label="Password" type="password" autocomplete="current-password" />
  </>
);

/**
 * The fields of a new password, as a separate component: it must not reuse the login's field elements and their values.
 */
const NewPasswordFields = ({ asksCurrent }: { asksCurrent: boolean }) => (
  <>
    <p>Choose a password of your own, 12 characters or more.</p>
    {asksCurrent && (
      <Field name="current" label="First password" type="password" autocomplete="current-password" />
    )}
    <Field name="next" label="New password" type="password" autocomplete="new-password" />
    <Field name="again" label="New password, again" type="password" autocomplete="new-password" />
  </>
);

const Field = (
  { name, label, type, autocomplete }: {
    name: string;
    label: string;
    type: "text" | "password";
    autocomplete: string;
  },
) => (
  <div class="f">
    <label for={`f-${name}`}>{label}</label>
    <input class="in" id={`f-${name}`} required {...{ name, type, autocomplete } as Record<string, string>} />
  </div>
);
