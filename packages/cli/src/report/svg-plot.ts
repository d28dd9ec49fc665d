/** @file Charts as SVG text, by Observable Plot on a document that is no browser's. */

import { printableLines } from "@esnas/core/internal";
import type * as Plot from "@observablehq/plot";

export type PlotOptions = Omit<Plot.PlotOptions, "document">;
type PlotDocument = Plot.PlotOptions["document"];

/** What draws, loaded when it is first needed. */
export async function plotter() {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return {
    plot,
    /** The chart by itself, in a file or within HTML. */
    svg(options: PlotOptions): string {
      const element = plot.plot({ ...options, document: document as PlotDocument });
      return printableLines(element.outerHTML).replace(/^<svg /, '<svg xmlns="http://www.w3.org/2000/svg" ');
    },
  };
}
