/**
 * The one way to deploy a version of a model, or put it in shadow, automatically: checks rights and pin, writes the
 * audit entry, then does it.
 */
import type { Act } from "../audit/entry.ts";
import type { ModuleName } from "../control/control.ts";
import { AppError } from "../platform/errors.ts";
import type { ModelList } from "./models.ts";

export interface LiveRegistry {
  list(module: ModuleName): Pick<ModelList, "pinned">;
  select(module: ModuleName, link: "latest" | "shadow", version: string, requestId: string): void;
}

export interface GoingLive {
  readonly module: ModuleName;
  readonly version: string;
  /** Live by default. */
  readonly link?: "latest" | "shadow";
  readonly requestId: string;
  /** Who requests it, as named in the audit. */
  readonly who: string;
  readonly action: string;
}

/**
 * Throws `forbidden` with the reason of `lostRight`, `conflict` while the module is pinned, and any error that prevents
 * the audit entry.
 */
export async function goLive(
  registry: LiveRegistry,
  audit: (act: Act) => void | Promise<void>,
  { module, version, link = "latest", requestId, who, action }: GoingLive,
  lostRight: () => string | null = () => null,
): Promise<void> {
  const lost = lostRight();
  if (lost !== null) throw new AppError("forbidden", `Cannot deploy ${version}: ${lost}; deploy it by hand`);
  const { pinned } = registry.list(module);
  if (pinned && link === "latest") {
    throw new AppError(
      "conflict",
      `Cannot deploy ${version}: ${module} is pinned to ${pinned}, remove the pin with \`legend model pin ${module}\``,
    );
  }
  await audit({ who, action, module, detail: version, request_id: requestId });
  registry.select(module, link, version, requestId);
}
