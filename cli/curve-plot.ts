/**
 * Draws measured curves: bars for a terminal, an SVG for a page. The same numbers always give the same text.
 *
 * @module
 */
import type { ModelCurve } from "./model-curve.ts";

const BAR_WIDTH = 40;

/** A line for each size: rows, milliseconds, rows a second as a number and as a bar. */
export function plotBars({ points, bestRows }: Pick<ModelCurve, "points" | "bestRows">): string {
  const rates = points.map(({ rows, ms }) => (1000 * rows) / ms);
  const fastest = Math.max(...rates);
  const lines = points.map(({ rows, ms }, index) => {
    const rate = rates[index] ?? 0;
    const bar = "█".repeat(Math.max(1, Math.round((BAR_WIDTH * rate) / fastest)));
    const mark = rows === bestRows ? "  best" : "";
    return `${pad(rows, 6)} ${pad(formatMs(ms), 10)} ${pad(Math.round(rate), 9)}  ${bar}${mark}\n`;
  });
  return `${pad("rows", 6)} ${pad("ms", 10)} ${pad("rows/s", 9)}\n${lines.join("")}`;
}

/** Milliseconds with three digits that count. */
export function formatMs(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

const PANEL = { width: 640, height: 320, left: 64, right: 16, top: 40, bottom: 40 };

/** A panel for each model: run time over rows, as measured (dots) and as a line. */
export function drawSvg(curves: Readonly<Record<string, ModelCurve>>): string {
  const panels = Object.entries(curves).map(([name, curve], index) =>
    panel(name, curve, index * PANEL.height),
  );
  const height = PANEL.height * panels.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PANEL.width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panels.join("")}</svg>
`;
}

function panel(name: string, curve: ModelCurve, offset: number): string {
  const { left, right, top, bottom, width, height } = PANEL;
  const lastRows = Math.max(...curve.points.map(({ rows }) => rows));
  const lastMs = Math.max(...curve.points.map(({ ms }) => ms));
  const x = (rows: number) => round(left + ((width - left - right) * rows) / lastRows);
  const y = (ms: number) => round(height - bottom - ((height - top - bottom) * ms) / lastMs);
  const dots = curve.points.map(({ rows, ms }) => {
    const colour = rows === curve.bestRows ? "#c2410c" : "#1d4ed8";
    return `<circle cx="${x(rows)}" cy="${y(ms)}" r="4" fill="${colour}"><title>${rows} rows: ${formatMs(ms)} ms</title></circle>\n`;
  });
  const { alphaMs, betaMs } = curve;
  const line =
    alphaMs === undefined || betaMs === undefined
      ? ""
      : `<line x1="${x(0)}" y1="${y(alphaMs)}" x2="${x(lastRows)}" y2="${y(alphaMs + betaMs * lastRows)}" stroke="#1d4ed8" stroke-dasharray="4 3"/>\n`;
  return `<g transform="translate(0 ${offset})">
<text x="${left}" y="20" font-weight="bold">${escapeXml(name)}: best batch ${curve.bestRows} rows, gain ${curve.gain.toFixed(2)}×</text>
<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="#444"/>
<text x="${left - 8}" y="${top + 4}" text-anchor="end">${formatMs(lastMs)} ms</text>
<text x="${left - 8}" y="${height - bottom}" text-anchor="end">0</text>
<text x="${width - right}" y="${height - bottom + 20}" text-anchor="end">${lastRows} rows</text>
${line}${dots.join("")}</g>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function pad(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
