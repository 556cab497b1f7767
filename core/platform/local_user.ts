/** Who typed the command: root stays root in the audit when it acts as the owner of a data folder. */
export const LOCAL_USER = `local:${Deno.uid() ?? 0}`;
