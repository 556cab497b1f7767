/** Name and password; then, at the first login, a password of one's own. Reveals no trading state. */
import { useState } from "preact/hooks";
import { Icon } from "./_icons.tsx";
import { api, prefix, Problem } from "./api.ts";

export interface LoginFormProps {
  host: string;
  version: string;
  /** The user is known and must choose a password. */
  change: boolean;
}

export default function LoginForm({ host, version, change }: LoginFormProps) {
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
        if (field("next") !== field("again")) throw new Problem(0, "The two new passwords differ.");
        await api("POST", "/api/auth/password", { current: first || field("current"), next: field("next") });
      } else {
        const { must_change } = await api<{ must_change: boolean }>("POST", "/api/auth/login", {
          user: field("user"),
          password: field("password"),
        });
        if (must_change) {
          setFirst(field("password"));
          setMustChange(true);
          return;
        }
      }
      location.assign(`${prefix()}/overview`);
    } catch (error) {
      setProblem(error instanceof Problem ? error.detail : String(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main class="login" id="main">
      <form onSubmit={submit}>
        <div class="stack">
          <h1>legend</h1>
          <p class="t2 s">{host}</p>
        </div>
        {mustChange
          ? (
            <>
              <p>Choose a password of your own, 12 characters or more.</p>
              {!first && (
                <Field
                  name="current"
                  label="First password"
                  type="password"
                  autocomplete="current-password"
                />
              )}
              <Field name="next" label="New password" type="password" autocomplete="new-password" />
              <Field name="again" label="New password, again" type="password" autocomplete="new-password" />
            </>
          )
          : (
            <>
              <Field name="user" label="User" type="text" autocomplete="username" />
              <Field name="password" label="Password" type="password" autocomplete="current-password" />
            </>
          )}
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
        <p class="s t2">
          First start? The one-time login is in <code>first-login</code> in the data folder. Lost it:{" "}
          <code>legend user passwd admin</code> on the host.
        </p>
        <p class="s t3">legend {version}</p>
      </form>
    </main>
  );
}

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
