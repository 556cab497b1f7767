/** `legend token`: an access token for a user of the page, for scripts on this host. */
import { AppError } from "../core/platform/errors.ts";
import { ACCESS_SECONDS, Tokens } from "../core/auth/tokens.ts";
import { EXIT } from "../core/platform/exit.ts";
import { type VerbBody } from "./command.ts";
import { jwtSecret } from "../app/jwt_secret.ts";
import { withAccounts } from "./user.ts";

export const token: VerbBody = {
  async run({ args, flags }, context) {
    const [name] = args as [string];
    // Checked before anything is written: without the API's secret no token would be valid.
    const secret = jwtSecret(context, { create: false });
    const user = await withAccounts(context, undefined, (accounts) => accounts.user(name));
    if (!user) {
      throw new AppError(
        "not_found",
        `Cannot make a token for ${name}: no such user, see \`legend user list\``,
      );
    }
    if (user.disabled) {
      throw new AppError("conflict", `Cannot make a token for ${name}: the user is disabled`);
    }
    const { session } = await withAccounts(
      context,
      { action: "token made", detail: name },
      (accounts) => accounts.begin(name, "legend token"),
    );
    const tokens = new Tokens({
      secret,
      issuer: context.setting("auth.jwt_iss"),
      audience: context.setting("auth.jwt_aud"),
    });
    const signed = await tokens.sign(name, user.role, session);
    const about = { token: signed, user: name, role: user.role, expires_in: ACCESS_SECONDS };
    context.out(flags.json ? `${JSON.stringify(about)}\n` : `${signed}\n`);
    if (user.must_change) {
      context.say(
        `${name} must set a password first: until then the API answers 403, see \`legend user passwd\``,
      );
    }
    return EXIT.done;
  },
};
