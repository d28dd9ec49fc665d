/** @file Pages of HTML that need nothing from elsewhere. */

import { printableLines } from "@esnas/core/internal";

/** HTML that is whole; text is not. */
export interface Html {
  readonly html: string;
}

type Content = string | Html | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function textOf(content: Content): string {
  if (typeof content === "string") {
    return printableLines(content).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
  }
  return "html" in content ? content.html : content.map(textOf).join("");
}

export function element(name: string, content: Content): Html {
  return { html: `<${name}>${textOf(content)}</${name}>` };
}

/** @param path Relative to the page. */
export function link(path: string, text: string): Html {
  const address = path.split(/[/\\]/).map(encodeURIComponent).join("/");
  return { html: `<a href="${address}">${textOf(text)}</a>` };
}

/** A table with a head; the first column names the rows. */
export function htmlTable(head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  const row = (cells: readonly Content[], heading: string) =>
    element(
      "tr",
      cells.map((cell, i) => element(i === 0 ? "th" : heading, cell)),
    );
  return element("table", [
    element("thead", row(head, "th")),
    element(
      "tbody",
      rows.map((cells) => row(cells, "td")),
    ),
  ]);
}

/** Terms with their meanings. */
export function definitionList(entries: readonly (readonly [term: string, meaning: string])[]): Html {
  return element(
    "dl",
    entries.map(([term, meaning]) => [element("dt", term), element("dd", meaning)]),
  );
}

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1200px; margin: 2em auto; padding: 0 1em; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9em; }
  th, td { padding: 0.25em 0.6em; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; overflow-wrap: anywhere; }
  th { overflow-wrap: normal; } th:first-child { text-align: left; min-width: 9em; overflow-wrap: anywhere; }
  td small { display: block; color: #666; white-space: nowrap; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2em 1.5em; }
  dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
  div { overflow-x: auto; } svg { max-width: 100%; height: auto; }
`;

/** A whole page. */
export function page(title: string, content: Content): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${textOf(title)}</title>`;
  const body = element("body", [element("h1", title), content]).html;
  return `<!doctype html>\n<html lang="en"><head>${head}<style>${STYLE}</style></head>\n${body}</html>\n`;
}
