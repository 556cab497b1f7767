/** Opens over the page when the login has ended: what was typed or read below stays. */
import { useEffect, useRef, useState } from "preact/hooks";
import { pollAgents } from "./agents.ts";
import { useHostCommand } from "./host_command.ts";
import { api, loggedIn, LOGIN_ENDED, wordsOf } from "./api.ts";

export interface LoginSheetProps {
  user: string;
}

export default function LoginSheet({ user }: LoginSheetProps) {
  const kill = useHostCommand("kill");
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const open = () => {
      if (!dialog.current?.open) dialog.current?.showModal();
    };
    document.addEventListener(LOGIN_ENDED, open);
    return () => document.removeEventListener(LOGIN_ENDED, open);
  }, []);

  async function submit(event: Event) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const password = String(new FormData(form).get("sheet-password") ?? "");
    try {
      await api("POST /api/auth/login", { body: { user, password } });
      form.reset();
      setProblem("");
      dialog.current?.close();
      loggedIn();
      await pollAgents();
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby="sheet-title">
      <form class="dlg" onSubmit={submit}>
        <div class="dlg-b">
          <h2 id="sheet-title">Your login has ended</h2>
          <p class="t2">
            The page stays as it is. Agents keep running; <code>{kill}</code> on the host still kills them.
          </p>
          <input type="text" name="sheet-user" autocomplete="username" value={user} readOnly hidden />
          <div class="f">
            <label for="f-sheet-password">Password of {user}</label>
            <input
              class="in"
              id="f-sheet-password"
              name="sheet-password"
              type="password"
              autocomplete="current-password"
              required
            />
          </div>
          {problem && <p class="bad s" role="alert">{problem}</p>}
        </div>
        <div class="dlg-f">
          <button type="submit" class="btn btn-p">Log in</button>
          <button type="button" class="btn" data-logout>Somebody else</button>
        </div>
      </form>
    </dialog>
  );
}
