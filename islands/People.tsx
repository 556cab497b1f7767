/** Users and keys. */
import { useState } from "preact/hooks";
import { useHostCommand } from "./host_command.ts";
import { NoAnswer, Skeleton } from "./_ui.tsx";
import { type Answer, api, wordsOf } from "./api.ts";
import { usePolled } from "./polling.ts";
import { confirmed } from "./Confirm.tsx";
import { NewKey } from "./NewKey.tsx";

type User = Answer<"GET /api/users">["users"][number];
type Key = Answer<"GET /api/keys">["keys"][number];

const DISABLE = ({ name, role }: User) => ({
  title: `Disable ${name}?`,
  body: (
    <p>
      All logins of {name} ({role}) end now, and the user cannot log in until they are enabled again.
    </p>
  ),
  yes: `Disable ${name}`,
});
const REVOKE = ({ label, id, scopes }: Key) => ({
  title: `Revoke key ${label}?`,
  body: (
    <p>
      What uses key <span class="mono">{id}</span> ({scopes.join(", ")}){" "}
      is refused from now on. A revoked key cannot be restored.
    </p>
  ),
  yes: `Revoke ${label}`,
});

/** Users and keys from the server, and the actions that change them after a confirmation. */
function usePeople() {
  const users = usePolled("GET /api/users", {}, 0);
  const keys = usePolled("GET /api/keys", {}, 0);
  const [problem, setProblem] = useState("");
  const look = () => Promise.all([users.refresh(), keys.refresh()]);
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
      setProblem("");
    } catch (error) {
      setProblem(wordsOf(error));
    }
    await look();
  };
  const change = async (user: User) => {
    if (!user.disabled && !await confirmed(DISABLE(user))) return;
    await act(() =>
      api("PATCH /api/users/:name", {
        params: { name: user.name },
        body: { disabled: !user.disabled },
      })
    );
  };
  const revoke = async (key: Key) => {
    if (await confirmed(REVOKE(key))) {
      await act(() => api("DELETE /api/keys/:id", { params: { id: key.id } }));
    }
  };
  return { users, keys, problem, look, change, revoke };
}

/** Users and keys, and what an admin may do to them. */
export function People({ admin }: { admin: boolean }) {
  const add = useHostCommand("user add NAME ROLE");
  const { users, keys, problem, look, change, revoke } = usePeople();
  return (
    <section class="panel" id="users">
      <div class="panel-h">
        <h2>Users and keys</h2>
        <span class="s t2">
          add users with <code>{add}</code>
        </span>
      </div>
      <NoAnswer asked={users} what="Users" />
      <NoAnswer asked={keys} what="Keys" />
      <div class="tw" tabIndex={0} role="region" aria-label="Users and keys (scrollable)">
        <table>
          <caption class="sr">Users and keys</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Rights</th>
              <th scope="col">State</th>
              <th scope="col">
                <span class="sr">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {users.value?.users.map((user) => (
              <UserRow key={user.name} user={user} admin={admin} change={change} />
            ))}
            {keys.value?.keys.map((key) => <KeyRow key={key.id} one={key} admin={admin} revoke={revoke} />)}
          </tbody>
        </table>
        {users.value === undefined && <Skeleton what="Users and keys" />}
      </div>
      {problem && <p class="panel-b bad s" role="alert">{problem}</p>}
      {admin && <NewKey look={look} />}
    </section>
  );
}

interface UserRowProps {
  user: User;
  admin: boolean;
  change(user: User): void;
}

/** A user, whom an admin may disable and enable again. */
const UserRow = ({ user, admin, change }: UserRowProps) => (
  <tr>
    <th scope="row">{user.name}</th>
    <td>{user.role}</td>
    <td>{user.disabled ? "disabled" : user.must_change ? "first password" : "active"}</td>
    <td class="r">
      {admin && (
        <button type="button" class="btn btn-r" onClick={() => change(user)}>
          {user.disabled ? "Enable" : "Disable…"}
          <span class="sr">{` ${user.name}`}</span>
        </button>
      )}
    </td>
  </tr>
);

interface KeyRowProps {
  one: Key;
  admin: boolean;
  revoke(key: Key): void;
}

/** A key, which an admin may revoke. */
const KeyRow = ({ one, admin, revoke }: KeyRowProps) => (
  <tr>
    <th scope="row">
      key {one.label} <span class="mono t3">{one.id}</span>
    </th>
    <td>{one.scopes.join(", ")}</td>
    <td>
      {one.revoked ? "revoked" : `until ${new Date(one.expires_ms).toISOString().slice(0, 10)}`}
    </td>
    <td class="r">
      {admin && !one.revoked && (
        <button
          type="button"
          class="btn btn-r"
          onClick={() => revoke(one)}
        >
          Revoke…<span class="sr">{` ${one.label}`}</span>
        </button>
      )}
    </td>
  </tr>
);
