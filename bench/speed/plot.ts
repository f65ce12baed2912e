/** A line of a plot. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a plot says. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** At most as many as there are {@link COLOURS}. */
  readonly curves: readonly Curve[];
}

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { top: 48, right: 24, bottom: 48, left: 72 };
/** Seen on white and on black. */
const COLOURS = ["#2f81f7", "#d4843e", "#8a63d2", "#3fa45b"];
const GREY = "#808080";
const TICKS = 5;

/**
 * Draws curves over linear axes that begin at zero, as SVG without a background: it stands on light pages and on dark ones.
 */
export function svgOf({ title, x, y, curves }: Plot): string {
  const all = curves.flatMap(({ points }) => points);
  const [stepX, stepY] = [stepOf(all.map(([value]) => value)), stepOf(all.map(([, value]) => value))];
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const atX = (value: number): number => MARGIN.left + (value / (stepX * TICKS)) * (right - MARGIN.left);
  const atY = (value: number): number => bottom - (value / (stepY * TICKS)) * (bottom - MARGIN.top);
  const steps = Array.from({ length: TICKS + 1 }, (_, i) => i);
  const gridX = steps.map((i) => label(atX(i * stepX), bottom + 18, shown(i * stepX), "middle"));
  const gridY = steps.map((i) => {
    const at = place(atY(i * stepY));
    const line = `<line x1="${MARGIN.left}" y1="${at}" x2="${right}" y2="${at}" stroke="${GREY}" stroke-opacity="${i === 0 ? 1 : 0.25}"/>`;
    return `${line}${label(MARGIN.left - 8, atY(i * stepY) + 4, shown(i * stepY), "end")}`;
  });
  const lines = curves.map(({ name, points }, i) => {
    const colour = COLOURS[i] ?? GREY;
    const path = points.map(([px, py]) => `${place(atX(px))},${place(atY(py))}`);
    const dots =
      path.length > 16
        ? []
        : path.map((at) => `<circle cx="${at.replace(",", '" cy="')}" r="3" fill="${colour}"/>`);
    const legend = MARGIN.left + 12 + i * 170;
    return [
      `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...dots,
      `<line x1="${legend}" y1="${MARGIN.top - 8}" x2="${legend + 18}" y2="${MARGIN.top - 8}" stroke="${colour}" stroke-width="2"/>`,
      label(legend + 24, MARGIN.top - 4, name, "start"),
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="12" fill="${GREY}">`,
    `<text x="${MARGIN.left}" y="20" font-size="15" font-weight="600">${escaped(title)}</text>`,
    ...gridY,
    ...gridX,
    label((MARGIN.left + right) / 2, HEIGHT - 10, x, "middle"),
    `<text transform="translate(16 ${place((MARGIN.top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    ...lines,
    "</svg>\n",
  ].join("\n");
}

/** The smallest of 1, 2, 2.5 and 5 times a power of ten with which the axis reaches all values. */
function stepOf(values: readonly number[]): number {
  const least = Math.max(...values, Number.MIN_VALUE) / TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

const label = (x: number, y: number, text: string, anchor: "start" | "middle" | "end"): string =>
  `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;

const place = (value: number): string => value.toFixed(1);
const shown = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
