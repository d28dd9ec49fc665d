/**
 * @file From the file of a sweep to its searches: every combination of the settings that it lists, for every seed. `runs` are parts
 * with settings of their own, on top of those that they share.
 */

import { EsnasError, InputError, runName, type Settings } from "@esnas/core/internal";
import { Command } from "commander";
import { readInputText } from "../files/input-file.js";
import { parseYaml } from "../files/yaml-file.js";
import { type SearchSettingsFlags, settingsOf, withSearchSettings } from "../flags/search-settings.js";
import {
  type Definition,
  type Given,
  inWordsOfFile,
  type Lists,
  MOST_SEARCHES,
  type Part,
  readDefinition,
  sweptOptions,
} from "./definition-schema.js";

/** Bytes; a list of a hundred thousand seeds is smaller. */
const LARGEST_FILE = 2 ** 20;

/** Searches that differ in their seeds alone. */
export interface SweptGroup {
  /** Of its folders: `1-s0-naswot`. */
  readonly name: string;
  /** By the name of their flags, the settings in which groups differ. */
  readonly varied: Readonly<Record<string, string>>;
  /** The seed is that of the first search. */
  readonly settings: Settings;
  readonly seeds: readonly number[];
}

/**
 * The searches that a file asks for.
 * @throws {InputError} where it cannot be read, or asks for something that `esnas search` does not take.
 */
export function readSweep(path: string): readonly SweptGroup[] {
  const content = readInputText(path, LARGEST_FILE, "is no file of a sweep: it has more than 1 MiB");
  try {
    return groupsOf(parseDefinition(content));
  } catch (error) {
    if (error instanceof EsnasError) throw new InputError(`"${path}": ${error.message}`);
    throw error;
  }
}

/**
 * Reads a definition in YAML, of which JSON is a part.
 * @throws {InputError} where it is neither, or a setting is not known, or is not what its flag takes.
 */
export function parseDefinition(content: string): Definition {
  return readDefinition(parseYaml(content));
}

/** Settings that go together, one value each, and the seeds to search with. */
interface Combination {
  /** Of the part that it stands in: `runs[1]`. */
  readonly path: string;
  readonly given: Readonly<Record<string, Given>>;
  readonly seeds: readonly number[];
}

/**
 * All searches of a definition, by groups in the order of the file.
 * @throws {InputError} where settings do not go together, a search is asked for twice, or there are too many.
 */
export function groupsOf(definition: Definition): readonly SweptGroup[] {
  const combinations = combinationsOf(definition);
  const flags = withSearchSettings(new Command()).opts();
  const groups = new Map<string, { given: Combination["given"]; settings: Settings; seeds: number[] }>();
  for (const { path, given, seeds } of combinations) {
    const values = Object.entries(given).map(([name, { value }]) => [attributeOf(name), value]);
    const settings = at(path, () => settingsOf({ ...flags, ...Object.fromEntries(values) } as SearchSettingsFlags));
    const key = JSON.stringify(settings);
    const group = groups.get(key) ?? { given, settings, seeds: [] };
    groups.set(key, group);
    for (const seed of seeds) {
      if (group.seeds.includes(seed)) throw new InputError(placed(path, `asks for ${wordsOf(given, seed)} once more`));
      group.seeds.push(seed);
    }
  }
  return named([...groups.values()]);
}

/** `--max-params` is `maxParams` among the flags of a command. */
function attributeOf(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function at<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EsnasError)) throw error;
    throw new InputError(placed(path, inWordsOfFile(error.message)));
  }
}

/** What is said of a part of the file, with where that stands. */
function placed(path: string, words: string): string {
  return path === "" ? words : `${path}: ${words}`;
}

function wordsOf(given: Combination["given"], seed: number): string {
  return [...Object.entries(given).map(([name, { text }]) => `${name} ${text}`), `seed ${seed}`].join(", ");
}

function combinationsOf({ runs, ...shared }: Definition): readonly Combination[] {
  const parts = (runs ?? [undefined]).map((own, i) => {
    return { path: own === undefined ? "" : `runs[${i}]`, part: own === undefined ? shared : joined(shared, own) };
  });
  const searches = parts.reduce((sum, { part }) => sum + searchesOf(part), 0);
  if (searches > MOST_SEARCHES) {
    throw new InputError(`asks for ${searches.toLocaleString("en-US")} searches; a sweep has at most ${MOST_SEARCHES}`);
  }
  return parts.flatMap(({ path, part }) => {
    return productOf(part.lists).map((given) => ({ path, given, seeds: seedsOf(part) }));
  });
}

/** A part on top of what all share; its own seeds are in place of theirs. */
function joined({ lists, ...seeding }: Part, own: Part): Part {
  const hasSeeds = own.seed !== undefined || own.seeds !== undefined;
  return { ...(hasSeeds ? {} : seeding), ...own, lists: { ...lists, ...own.lists } };
}

function searchesOf(part: Part): number {
  return Object.values(part.lists).reduce((product, list) => product * list.length, seedsOf(part).length);
}

function productOf(lists: Lists): readonly Combination["given"][] {
  let product: readonly Combination["given"][] = [{}];
  for (const [name, list] of Object.entries(lists)) {
    product = product.flatMap((combination) => list.map((given) => ({ ...combination, [name]: given })));
  }
  return product;
}

function seedsOf({ seed = 0, seeds = 1 }: Part): readonly number[] {
  return typeof seeds === "number" ? Array.from({ length: seeds }, (_, i) => seed + i) : seeds;
}

interface UnnamedGroup {
  readonly given: Combination["given"];
  readonly settings: Settings;
  readonly seeds: readonly number[];
}

/** Groups with names, and with that in which they differ. */
function named(groups: readonly UnnamedGroup[]): readonly SweptGroup[] {
  const cells = groups.map(({ given, settings }) => {
    return [...sweptOptions()].map(([name, { defaultValue }]): readonly [string, string] => {
      if (name === "preset") return [name, settings.preset ?? ""];
      return [name, given[name]?.text ?? (defaultValue === undefined ? "" : String(defaultValue))];
    });
  });
  const isVaried = (column: number) => new Set(cells.map((row) => row[column]?.[1])).size > 1;
  return groups.map(({ settings, seeds }, i) => {
    const varied = (cells[i] ?? []).filter((_, column) => isVaried(column));
    const words = varied.length === 0 ? [runName(settings)] : varied.map(([, text]) => text);
    const [seed = 0] = seeds;
    return {
      name: nameOf(groups.length > 1 ? [String(i + 1), ...words] : words),
      varied: Object.fromEntries(varied),
      settings: { ...settings, seed },
      seeds,
    };
  });
}

/** Characters in the name of a folder. */
const LONGEST_NAME = 80;

function nameOf(words: readonly string[]): string {
  const slugs = words.map((word) => word.replaceAll(/[^A-Za-z0-9.]+/g, "-").replaceAll(/^[-.]+|-+$/g, ""));
  return slugs
    .filter((slug) => slug !== "")
    .join("-")
    .slice(0, LONGEST_NAME)
    .replace(/-+$/, "");
}
