/**
 * @file Accuracies of trained networks: a table with a row an architecture, from the cells of a CSV file in the form
 * that docs/tables.md describes. Whatever a table from outside can have wrong is found here and told by its line.
 */

import { checkArgument, isObject } from "../base/argument.js";
import { EsnasError, InputError, likelyMeant, unknownName } from "../base/errors.js";
import { keyOf } from "../spaces/identity.js";
import type { Genotype, Space } from "../spaces/space.js";
import { architectureReader, spaceOfTable } from "./architecture-cell.js";
import { groundTruthOf } from "./ground-truth.js";

/** The cells of a CSV file. */
export interface TableSource {
  /** Of the file, for messages. */
  readonly name: string;
  /** SHA-256 of the CSV's bytes, in hexadecimal. */
  readonly checksum: string;
  /** Names from the first line. */
  readonly columns: readonly string[];
  /** In the order of the file. */
  readonly rows: readonly {
    /** Of the file, from 1. */
    readonly line: number;
    /** As many as there are columns. */
    readonly cells: readonly string[];
  }[];
}

export type SourceRow = TableSource["rows"][number];

/** A network of a table. */
export interface TableRow {
  /** The benchmark's number of the architecture; its place in the table, from 0, where the table does not give it. */
  readonly index: number;
  /** As the table has it: the space's notation, or a genotype's JSON. */
  readonly architecture: string;
  /** In the table's space. */
  readonly genotype: Genotype;
  /** Test accuracy on the table's dataset after training, in %. */
  readonly accuracy: number;
  /**
   * The number in another column, such as `c10-val12`; undefined where there is no such column, or nothing in it.
   * @throws {@link InputError} where it is no number.
   */
  column(name: string): number | undefined;
}

/** A table of trained networks of a space, read and checked. */
export interface BenchmarkTable {
  /** With the input and the classes of the dataset. */
  readonly space: Space;
  /** Name of the column that accuracies are from. */
  readonly dataset: string;
  /** SHA-256 of the CSV's bytes, in hexadecimal. */
  readonly checksum: string;
  /** In the order of the file. */
  readonly rows: readonly TableRow[];
  /**
   * The row of the network that a genotype expresses.
   * @throws {@link InputError} where the table has some network twice.
   */
  find(genotype: Genotype): TableRow | undefined;
}

/** What is read of a table. */
export interface TableRequest {
  /** Name of the space that the architectures are of. */
  readonly space: string;
  /** Name of the column with the accuracies. */
  readonly dataset: string;
  /** Takes a part of a table whose number of rows is known. */
  readonly partial?: boolean;
}

/**
 * Reads a table.
 * @throws {@link InputError} where a column is missing, rows are missing or repeated, or a cell holds what it cannot.
 */
export function readTable(source: TableSource, request: TableRequest): BenchmarkTable {
  const isTable =
    isObject(source) &&
    isListOf(source.columns, isText) &&
    isListOf(source.rows, (row) => isListOf(row?.cells, isText));
  checkArgument(isTable, 'readTable: "source"', source, "{ name, checksum, columns, rows }");
  const isRequest = isObject(request) && typeof request.space === "string" && typeof request.dataset === "string";
  checkArgument(isRequest, 'readTable: "request"', request, "{ space, dataset }");
  const columns = columnsOf(source, request);
  checkLength(source, request);
  const space = at(source, 0, () =>
    spaceOfTable(request.space, request.dataset, source.rows[0]?.cells[columns.architecture] ?? ""),
  );
  const rows = readRows(source, columns, architectureReader(space));
  checkScale(source, request.dataset, rows);
  byUnique(source, "index", rows, ({ index }) => index);
  const key = ({ genotype }: TableRow) => keyOf(space, genotype);
  // Where a network's identity is a graph's hash, half a million of them take long: equal networks are then told by
  // `find`.
  const unique = byUnique(
    source,
    "network",
    rows,
    space.identity === undefined ? key : ({ genotype }) => genotype.join(" "),
  );
  let byKey = space.identity === undefined ? unique : undefined;
  return {
    space,
    dataset: request.dataset,
    checksum: source.checksum,
    rows,
    find(genotype) {
      byKey ??= byUnique(source, "network", rows, key);
      return byKey.get(keyOf(space, genotype));
    },
  };
}

const isText = (given: unknown): given is string => typeof given === "string";

function isListOf<T>(given: readonly T[], holds: (item: T) => boolean): boolean {
  return Array.isArray(given) && given.every(holds);
}

/** Places of the columns that are always read. */
interface Columns {
  readonly architecture: number;
  readonly accuracy: number;
  readonly index: number | undefined;
}

const ARCHITECTURE = "architecture";
const INDEX = "index";
/** Columns that an error message lists. */
const MOST_LISTED = 20;

function columnsOf({ name, columns }: TableSource, { space, dataset }: TableRequest): Columns {
  const known = groundTruthOf(space)?.datasets;
  if (known !== undefined && !known.includes(dataset)) throw unknownName(`dataset of ${space}`, dataset, known);
  const listed = columns.slice(0, MOST_LISTED).map((column) => JSON.stringify(column.slice(0, 40)));
  const more = columns.length > MOST_LISTED ? ` and ${columns.length - MOST_LISTED} more` : "";
  const there = `it has ${listed.join(", ")}${more}`;
  const place = (column: string, what: string) => {
    const found = columns.indexOf(column);
    if (found !== -1) return found;
    const guess = likelyMeant(column, columns);
    const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
    throw new InputError(`"${name}" has no column "${column}" (${what}); ${there}${hint}`);
  };
  const repeated = columns.find((column, i) => columns.indexOf(column) !== i);
  if (repeated !== undefined) throw new InputError(`"${name}" has two columns "${repeated}"`);
  return {
    architecture: place(ARCHITECTURE, "what was trained"),
    accuracy: place(dataset, "its test accuracy in %"),
    index: columns.includes(INDEX) ? columns.indexOf(INDEX) : undefined,
  };
}

function checkLength({ name, rows }: TableSource, { space, partial = false }: TableRequest): void {
  if (rows.length === 0) throw new InputError(`"${name}" has no rows`);
  const expected = groundTruthOf(space)?.rows ?? rows.length;
  const has = `expected ${grouped(expected)} rows, the networks of ${space}: "${name}" has ${grouped(rows.length)}`;
  if (rows.length > expected) throw new InputError(has);
  if (rows.length < expected && !partial) throw new InputError(`${has}; where a part is meant, say that it is partial`);
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

function readRows(source: TableSource, columns: Columns, read: (architecture: string) => Genotype): TableRow[] {
  const dataset = source.columns[columns.accuracy] ?? "";
  const places = new Map(source.columns.map((column, i) => [column, i]));
  return source.rows.map(({ cells }, row) =>
    at(source, row, () => {
      const architecture = cells[columns.architecture] ?? "";
      return {
        index: columns.index === undefined ? row : indexOf(cells[columns.index] ?? ""),
        architecture,
        genotype: read(architecture),
        accuracy: accuracyOf(cells[columns.accuracy] ?? "", dataset),
        column(name) {
          const text = cells[places.get(name) ?? -1]?.trim() ?? "";
          return text === "" ? undefined : at(source, row, () => numberOf(text, name));
        },
      };
    }),
  );
}

function indexOf(text: string): number {
  const index = numberOf(text, INDEX);
  if (Number.isSafeInteger(index) && index >= 0) return index;
  throw new InputError(`"${INDEX}" is ${preview(text)}; expected a whole number from 0`);
}

function accuracyOf(text: string, dataset: string): number {
  const accuracy = numberOf(text, dataset);
  if (accuracy >= 0 && accuracy <= 100) return accuracy;
  throw new InputError(`"${dataset}" is ${preview(text)}; expected an accuracy in %, from 0 to 100`);
}

function numberOf(text: string, column: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InputError(`"${column}" is ${preview(text)}; expected a number`);
}

function preview(text: string): string {
  return text === "" ? "empty" : JSON.stringify(text.slice(0, 40));
}

/** Accuracies of at most 1 all along are fractions. */
function checkScale({ name }: TableSource, dataset: string, rows: readonly TableRow[]): void {
  const largest = rows.reduce((most, { accuracy }) => Math.max(most, accuracy), 0);
  if (largest > 1) return;
  throw new InputError(`"${name}": no "${dataset}" is above ${largest}; expected accuracies in %, not fractions of 1`);
}

/** Rows by what must not be there twice. */
function byUnique<K>(
  source: TableSource,
  what: string,
  rows: readonly TableRow[],
  keyOfRow: (row: TableRow) => K,
): Map<K, TableRow> {
  const places = new Map<K, number>();
  const found = new Map<K, TableRow>();
  rows.forEach((row, i) => {
    const key = keyOfRow(row);
    const before = places.get(key);
    if (before !== undefined)
      at(source, i, () => {
        throw new InputError(`the ${what} is that of line ${source.rows[before]?.line} again`);
      });
    places.set(key, i);
    found.set(key, row);
  });
  return found;
}

/** Does something with a row; what is wrong there is told with the line. */
function at<T>(source: TableSource, row: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EsnasError)) throw error;
    throw new InputError(`"${source.name}", line ${source.rows[row]?.line}: ${error.message}`);
  }
}
