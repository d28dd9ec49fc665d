/** @file `npm run bench -- growth`: how time grows, as `results/growth.csv` and a plot a curve in `docs/performance/`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InputError } from "@esnas/core/internal";
import { writeResults } from "../common/results.js";
import { progress } from "../speed/output.js";
import { lineChart } from "./chart.js";
import { type Curve, curves, type Point } from "./curves.js";

export const PLOTS = fileURLToPath(new URL("../../../../docs/performance/", import.meta.url));

export async function growth({ only }: { readonly only?: string }): Promise<void> {
  const chosen = only === undefined ? curves : only.split(",").map(curveNamed);
  const points: Point[] = [];
  mkdirSync(PLOTS, { recursive: true });
  for (const curve of chosen) {
    progress(curve.name);
    const measured = await curve.points();
    points.push(...measured);
    writeFileSync(`${PLOTS}${curve.name}.svg`, await plotOf(curve, measured));
  }
  if (only !== undefined) {
    progress("results/growth.csv holds all curves, and is not written for some of them");
    return;
  }
  const rows = points.map(({ curve, series, x, unit, min, median, max, repeats }) => {
    return { curve, series, x, unit, min, median, max, repeats };
  });
  writeResults("growth", rows);
}

function plotOf({ name, label, unit }: Curve, lines: readonly Point[]): Promise<string> {
  const what = unit === "ms" ? "milliseconds a candidate" : "candidates a second";
  return lineChart({ title: `Time against ${name}`, x: label, y: what, lines });
}

function curveNamed(name: string): Curve {
  const curve = curves.find((other) => other.name === name.trim());
  if (curve !== undefined) return curve;
  const names = curves.map((other) => other.name).join(", ");
  throw new InputError(`--only takes some of ${names}, separated by commas, was given "${name}"`);
}
