/** @file The shapes that figures are drawn with. */

import type { Rectangle } from "./layout.js";
import { element, hundredths, type SvgElement } from "./svg.js";

export type Point = readonly [x: number, y: number];

const CORNER = 7;
const TIP_LENGTH = 7;
const TIP_WIDTH = 7;

export function rectangle({ x, y, width, height }: Rectangle, className: string, radius: number): SvgElement {
  return element("rect", { class: className, x, y, width, height, rx: radius });
}

export function polygon(className: string, points: readonly Point[]): SvgElement {
  return element("polygon", { class: className, points: points.map(coordinates).join(" ") });
}

/** A line along the points, its corners rounded, with a tip at the last. Segments run along the axes. */
export function arrow(points: readonly Point[]): SvgElement[] {
  const end = points.at(-1) ?? [0, 0];
  const before = points.at(-2) ?? end;
  const neck = towards(end, before, TIP_LENGTH);
  const [dx, dy] = [Math.sign(end[0] - before[0]), Math.sign(end[1] - before[1])];
  const side = (sign: number): Point => [neck[0] - (sign * dy * TIP_WIDTH) / 2, neck[1] + (sign * dx * TIP_WIDTH) / 2];
  return [
    element("path", { class: "wire", d: roundedLine([...points.slice(0, -1), neck]) }),
    polygon("tip", [side(1), side(-1), end]),
  ];
}

function roundedLine(points: readonly Point[]): string {
  const steps = points.map((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (before === undefined) return `M${coordinates(point)}`;
    if (after === undefined) return `L${coordinates(point)}`;
    const radius = Math.min(CORNER, distance(before, point) / 2, distance(point, after) / 2);
    const [from, to] = [towards(point, before, radius), towards(point, after, radius)];
    return `L${coordinates(from)}Q${coordinates(point)} ${coordinates(to)}`;
  });
  return steps.join("");
}

function coordinates([x, y]: Point): string {
  return `${hundredths(x)},${hundredths(y)}`;
}

function distance([x0, y0]: Point, [x1, y1]: Point): number {
  return Math.abs(x1 - x0) + Math.abs(y1 - y0);
}

/** The point at a distance from one towards another, which lies on the same row or column. */
function towards([x0, y0]: Point, [x1, y1]: Point, by: number): Point {
  return [x0 + Math.sign(x1 - x0) * by, y0 + Math.sign(y1 - y0) * by];
}
