/** The question before another model becomes live: the figures of both models, and the arguments against the change. */
import type { ModelManifest } from "../core/models/models.ts";
import { Icon } from "./_icons.tsx";
import type { Question } from "./Confirm.tsx";
import { figures, warnings } from "./model_compare.ts";

export interface ModelQuestionProps {
  next: ModelManifest;
  now: ModelManifest;
  /** When a version was trained, as text. */
  trainedAt(version: string): string | undefined;
}

function Beside({ next, now, trainedAt }: ModelQuestionProps) {
  const theirs = figures(now, trainedAt(now.version));
  const against = warnings(next, now);
  return (
    <>
      {against.map((text) => (
        <div class="notice" data-s="warn" key={text} data-warning>
          <Icon name="warn" />
          <div class="grow">{text}</div>
        </div>
      ))}
      <div class="tw" tabIndex={0} role="region" aria-label="Both models (scrollable)">
        <table class="mini">
          <caption class="sr">The model that would decide, beside the one that decides now</caption>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col" class="n">
                <span class="mono">{next.version}</span>
              </th>
              <th scope="col" class="n">
                <span class="mono">{now.version}</span>, decides now
              </th>
            </tr>
          </thead>
          <tbody>
            {figures(next, trainedAt(next.version)).map(([name, value], at) => (
              <tr key={name} data-figure={name}>
                <th scope="row">{name}</th>
                <td class="n">{value}</td>
                <td class="n">{theirs[at]![1]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="s t2">Every agent of the module changes within milliseconds and answers with a receipt.</p>
    </>
  );
}

/** The question before `next` replaces `now`. */
export function modelQuestion(props: ModelQuestionProps & { title: string }): Question {
  const { title, next, now } = props;
  return {
    title,
    body: <Beside {...props} />,
    yes: `Let ${next.version} decide`,
    danger: warnings(next, now).length > 0,
  };
}
