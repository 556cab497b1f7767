/**
 * The report of a model as one SVG, drawn from its signed manifest: figures, calibration, importance, one row per DEX.
 * No script, no external asset.
 */
import { AppError } from "../platform/errors.ts";
import type { ModelAbout, ModelManifest } from "./models.ts";

const WIDTH = 900;
/** Letters of a line that fit between the margins at 13 px, in the widest font that browsers choose. */
const LINE_LETTERS = 112;

export type ReportTheme = "light" | "dark";

/** Colours as attributes: the page's content policy refuses a style in the file. */
const THEMES = {
  light: { ground: "#ffffff", ink: "#1c2430", soft: "#5b6675", line: "#d5dbe3", mark: "#2f6fde" },
  dark: { ground: "#12161c", ink: "#e6eaf0", soft: "#a3adba", line: "#3a4350", mark: "#7aa7ff" },
} as const satisfies Record<ReportTheme, Record<string, string>>;

/** Replaces colour names in a drawing by the theme's colours. */
const painted = (svg: string, theme: ReportTheme) =>
  svg.replaceAll(
    /"@(ground|ink|soft|line|mark)"/g,
    (_, name: keyof typeof THEMES.light) => `"${THEMES[theme][name]}"`,
  );

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const count = (value: number) => value.toLocaleString("en-US");
const number = (value: number | null, digits = 4) => value === null ? "not known" : value.toFixed(digits);

/** Splits a long line between words. */
function wrapped(line: string): string[] {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && last.length + 1 + word.length > LINE_LETTERS) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
}

/** Share of label 1 by predicted probability; the diagonal is a perfectly calibrated model. */
function calibration(x: number, y: number, size: number, curve: ModelAbout["metrics"]["curve"]): string {
  const at = (probability: number, share: number) =>
    `${(x + probability * size).toFixed(1)},${(y + size - share * size).toFixed(1)}`;
  const most = Math.max(1, ...curve.map(([rows]) => rows));
  const points = curve.map(([, probability, share]) => at(probability, share)).join(" ");
  return [
    text(x, y - 12, "Calibration: share that came true", `font-weight="600"`),
    `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="none" stroke="@line"/>`,
    `<line x1="${x}" y1="${y + size}" x2="${x + size}" y2="${y}" stroke="@line" stroke-dasharray="4 4"/>`,
    `<polyline points="${points}" fill="none" stroke="@mark" stroke-width="2"/>`,
    ...curve.map(([rows, probability, share]) => {
      const [cx, cy] = at(probability, share).split(",");
      const r = 3 + 5 * Math.sqrt(rows / most);
      return `<circle cx="${cx}" cy="${cy}" r="${
        r.toFixed(1)
      }" fill="@mark" fill-opacity="0.5"><title>${rows} rows</title></circle>`;
    }),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      text(x + share * size, y + size + 18, String(share), `fill="@soft" text-anchor="middle"`),
      text(x - 6, y + size - share * size + 4, String(share), `fill="@soft" text-anchor="end"`),
    ]),
    text(x + size / 2, y + size + 36, "predicted", `fill="@soft" text-anchor="middle"`),
  ].join("\n");
}

function importance(x: number, y: number, features: readonly string[], growth: readonly number[]): string {
  const rows = features.map((name, at) => ({ name, value: growth[at] ?? 0 }))
    .sort((a, b) => b.value - a.value);
  const most = Math.max(1e-9, ...rows.map(({ value }) => value));
  return [
    text(x, y - 12, "Importance: log loss added when the feature is shuffled", `font-weight="600"`),
    ...rows.map(({ name, value }, at) => {
      const top = y + at * 24;
      const wide = (200 * Math.max(0, value) / most).toFixed(1);
      return text(x, top + 14, name) +
        `<rect x="${x + 130}" y="${top + 3}" width="${wide}" height="14" rx="3" fill="@mark"/>` +
        text(x + 340, top + 14, value.toFixed(4), `fill="@soft"`);
    }),
  ].join("\n");
}

/** Error text for a model without a report. */
export const noReport = (version: string): AppError =>
  new AppError("not_found", `Model ${version} has no report: it was not trained by legend`);

/** The whole report; null for a model whose manifest has no training. */
export function drawReport(manifest: ModelManifest, theme: ReportTheme = "light"): string | null {
  const { module, version, metrics, dataset, calibration: platt, feature_names: features } = manifest;
  if (!metrics || !dataset || !platt || !features) return null;
  const dexes = manifest.per_dex ?? [];
  const facts: [string, string][] = [
    ["AUC", number(metrics.auc)],
    ["PR-AUC", number(metrics.pr_auc)],
    ["log loss", number(metrics.log_loss)],
    ["Brier", number(metrics.brier)],
    ["calibration error", number(metrics.calibration_error)],
    ["later rows", count(metrics.rows)],
    ["positive", count(metrics.positives)],
  ];
  const lines = [
    `${manifest.kind}, ${manifest.features} features, ${manifest.rounds} rounds; learned from ${
      count(dataset.rows)
    } rows (${count(dataset.positives)} positive), ${dataset.start} to ${dataset.end}`,
    `judged on ${manifest.split}`,
    `data ${
      dataset.sha256.slice(0, 16)
    }, features ${manifest.schema_hash}, legend ${manifest.code_version}, Platt ${
      platt.slope.toFixed(3)
    } x margin ${platt.offset >= 0 ? "+" : "-"} ${Math.abs(platt.offset).toFixed(3)}`,
  ].flatMap(wrapped);
  const factsTop = 90 + 20 * lines.length;
  const chartTop = factsTop + 80;
  const listHeight = Math.max(340, 30 + 24 * features.length);
  const tableTop = chartTop + listHeight + 60;
  const height = tableTop + 40 + 24 * Math.max(1, dexes.length);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="@ink" role="img" aria-label="Report of ${
      escaped(module)
    } model ${escaped(version)}">
<rect width="100%" height="100%" fill="@ground"/>
${text(30, 44, `${module} ${version}`, `font-size="22" font-weight="600"`)}
${lines.map((line, at) => text(30, 70 + 20 * at, line, `fill="@soft"`)).join("\n")}
${
      facts.map(([name, value], at) =>
        text(30 + 122 * at, factsTop, name, `fill="@soft"`) +
        text(30 + 122 * at, factsTop + 22, value, `font-size="16" font-weight="600"`)
      ).join("\n")
    }
${calibration(60, chartTop, 280, metrics.curve)}
${importance(400, chartTop, features, manifest.importance ?? [])}
${text(30, tableTop, "By DEX", `font-weight="600"`)}
${
      dexes.map(({ dex, rows, positives, auc, log_loss }, at) => {
        const y = tableTop + 26 + 24 * at;
        return text(30, y, dex) +
          text(260, y, `${count(rows)} rows, ${count(positives)} positive`, `fill="@soft"`) +
          text(480, y, `AUC ${number(auc)}`) + text(640, y, `log loss ${number(log_loss)}`);
      }).join("\n")
    }
</svg>
`;
  return painted(svg, theme);
}
