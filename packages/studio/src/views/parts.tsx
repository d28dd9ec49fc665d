/** @file Small parts that several views are made of: tiles, tables, bars, notices. */

import type { ComponentChildren } from "preact";
import type { Table } from "../workers/lab.worker.js";

export function Tile({ label, value, unit }: { label: string; value: ComponentChildren; unit?: string }) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd>
        {value}
        {unit && <span class="unit"> {unit}</span>}
      </dd>
    </div>
  );
}

export function Tiles({ children }: { children: ComponentChildren }) {
  return <dl class="tiles">{children}</dl>;
}

/** Letters of a cell that is one line; a longer one takes several, so that no column is out of sight. */
const LONG = 24;

function wrapping(cell: string): string | undefined {
  return cell.length > LONG ? "wraps" : undefined;
}

/** A table that scrolls by itself where it is wider than the page. */
export function DataTable({ table, caption }: { table: Table; caption: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scrolls" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th scope="col" key={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row.join()}>
              {row.map((cell, i) =>
                i === 0 ? (
                  <th scope="row" key={table.columns[i]} class={wrapping(cell)}>
                    {cell}
                  </th>
                ) : (
                  <td key={table.columns[i]} class={wrapping(cell)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A number with a bar as long as its share of the largest. */
export function BarCell({ value, most, text }: { value: number; most: number; text: string }) {
  return (
    <td class="bar-cell">
      <span>{text}</span>
      <span class="bar" style={{ width: `${most > 0 && value > 0 ? Math.min(100, (100 * value) / most) : 0}%` }} />
    </td>
  );
}

export function Notice({ kind, children }: { kind: "error" | "note"; children: ComponentChildren }) {
  return (
    <p class={`notice notice-${kind}`} role={kind === "error" ? "alert" : undefined}>
      {children}
    </p>
  );
}

/** What a view says where it has nothing to show yet. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** In place of the best of a run whose folder is being read. */
export function StillReading() {
  return <p class="hint">The folder of the run is still being read. Its best network is here once all of it is.</p>;
}
