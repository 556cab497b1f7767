/** The one way for a version of a model to go live or in shadow by itself: rights and pin are looked at, the audit written, then it is so. */
import type { Act } from "../audit/entry.ts";
import type { ModuleName } from "../control/control.ts";
import { AppError } from "../platform/errors.ts";
import type { ModelList } from "./models.ts";

export interface LiveRegistry {
  list(module: ModuleName): Pick<ModelList, "pinned">;
  point(module: ModuleName, link: "latest" | "shadow", version: string, requestId: string): void;
}

export interface GoingLive {
  readonly module: ModuleName;
  readonly version: string;
  /** Live when it is left out. */
  readonly link?: "latest" | "shadow";
  readonly requestId: string;
  /** Who wants it, and as what it stands in the audit. */
  readonly who: string;
  readonly action: string;
}

/**
 * Throws `forbidden` with what `lostRight` says of who wants it, `conflict` while the module is pinned, and whatever keeps
 * the entry out of the audit.
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
      `Cannot deploy ${version}: ${module} is pinned to ${pinned}, lift it with \`legend model pin ${module}\``,
    );
  }
  await audit({ who, action, module, detail: version, request_id: requestId });
  registry.point(module, link, version, requestId);
}
