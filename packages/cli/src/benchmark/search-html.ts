/** @file The result of `esnas bench search` as a page, with its chart in it. */

import { grouped } from "@esnas/core/internal";
import { element, type Html, htmlTable, page } from "../report/html.js";
import type { MethodSummary, SearchSummary } from "./search-summary.js";
import { searchColumns, searchNotes, searchRow } from "./search-table.js";

/** @param chart SVG. */
export function searchHtml(summary: SearchSummary, chart: string): string {
  const { space, dataset, methods } = summary;
  return page(`What searches find: ${space.name}, ${dataset}`, [
    facts(summary),
    element("h2", "What each finds"),
    element("div", htmlTable(searchColumns, methods.map(searchRow))),
    searchNotes(summary).map((note) => element("p", note)),
    element("h2", "The best so far"),
    element("div", { html: chart }),
    element("h2", "Search by search"),
    element("div", searchesTable(methods)),
  ]);
}

function facts({ command, version, table, optimum }: SearchSummary): Html {
  const entries = [
    ["Command", command],
    ["Program", `esnas ${version}`],
    ["Table", `${table.file}: ${grouped(table.rows)} networks, sha-256 ${table.sha256}`],
    ["Optimum", `${optimum.accuracy.toFixed(2)} %, index ${optimum.index}: ${optimum.architecture}`],
  ] as const;
  return element(
    "dl",
    entries.map(([term, meaning]) => [element("dt", term), element("dd", meaning)]),
  );
}

function searchesTable(methods: readonly MethodSummary[]): Html {
  return htmlTable(
    ["search", "seed", "accuracy, %", "index", "candidates", "architecture"],
    methods.flatMap(({ label, searches }) =>
      searches.map(({ seed, accuracy, index, evaluations, architecture }) => [
        label,
        String(seed),
        accuracy.toFixed(2),
        String(index),
        grouped(evaluations),
        architecture,
      ]),
    ),
  );
}
