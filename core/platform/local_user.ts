/** The user who typed the command: in the audit, root stays root even when it acts as the owner of a data folder. */
export const LOCAL_USER = `local:${Deno.uid() ?? 0}`;
