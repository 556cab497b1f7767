/** Users and keys. */
import { useEffect, useState } from "preact/hooks";
import { api, Problem } from "./api.ts";

interface Users {
  users: { name: string; role: string; disabled: boolean; must_change: boolean }[];
}
interface Keys {
  keys: { id: string; label: string; scopes: string[]; expires_ms: number; revoked: boolean }[];
}

/** Users and keys, and what an admin may do to them. */
export function People({ admin }: { admin: boolean }) {
  const [users, setUsers] = useState<Users["users"]>([]);
  const [keys, setKeys] = useState<Keys["keys"]>([]);
  const [made, setMade] = useState("");
  const look = () => {
    api<Users>("GET", "/api/users").then(({ users }) => setUsers(users), () => {});
    api<Keys>("GET", "/api/keys").then(({ keys }) => setKeys(keys), () => {});
  };
  useEffect(look, []);
  const act = (work: Promise<unknown>) =>
    work.then(look, (error) => setMade(error instanceof Problem ? error.detail : String(error)));
  return (
    <section class="panel" id="users">
      <div class="panel-h">
        <h2>Users and keys</h2>
        <span class="s t2">
          add users with <code>legend user add NAME ROLE</code>
        </span>
      </div>
      <div class="tw" tabIndex={0} role="region" aria-label="Users and keys, scrolls">
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
            {users.map((user) => (
              <tr key={user.name}>
                <th scope="row">{user.name}</th>
                <td>{user.role}</td>
                <td>{user.disabled ? "disabled" : user.must_change ? "first password" : "active"}</td>
                <td class="r">
                  {admin && (
                    <button
                      type="button"
                      class="btn btn-r"
                      onClick={() =>
                        act(api("PATCH", `/api/users/${user.name}`, { disabled: !user.disabled }))}
                    >
                      {user.disabled ? "Enable" : "Disable"}
                      <span class="sr">{` ${user.name}`}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
            {keys.map((key) => (
              <tr key={key.id}>
                <th scope="row">
                  key {key.label} <span class="mono t3">{key.id}</span>
                </th>
                <td>{key.scopes.join(", ")}</td>
                <td>
                  {key.revoked ? "revoked" : `until ${new Date(key.expires_ms).toISOString().slice(0, 10)}`}
                </td>
                <td class="r">
                  {admin && !key.revoked && (
                    <button
                      type="button"
                      class="btn btn-r"
                      onClick={() => act(api("DELETE", `/api/keys/${key.id}`))}
                    >
                      Revoke<span class="sr">{` ${key.label}`}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {admin && (
        <div class="panel-f">
          <button
            type="button"
            class="btn"
            onClick={() =>
              act(
                api<{ key: string }>("POST", "/api/keys", { label: "page", scopes: ["read"] }).then((
                  { key },
                ) => setMade(`Shown this once: ${key}`)),
              )}
          >
            Make a read key
          </button>
          <span class="mono" role="status">{made}</span>
        </div>
      )}
    </section>
  );
}
