/** @file The schema of a sweep's file: each setting is what the flag of its name takes, or a list of that. */

import { EsnasError, InputError, objectiveOf, unknownName } from "@esnas/core/internal";
import { Command, type Option } from "commander";
import { z } from "zod";
import { whole } from "../flags/options.js";
import { withSearchSettings } from "../flags/search-settings.js";

export const MOST_SEARCHES = 10_000;

/** A setting as it was given, and as the flag of its name takes it. */
export interface Given {
  readonly text: string;
  readonly value: unknown;
}

/** The values of settings, by the names of their flags. */
export type Lists = Readonly<Record<string, readonly Given[]>>;

/** The whole file, or one of its runs. */
export interface Part {
  readonly lists: Lists;
  readonly seed?: number;
  /** So many, or these. */
  readonly seeds?: number | readonly number[];
}

export interface Definition extends Part {
  readonly runs?: readonly Part[];
}

/** The options of `esnas search` that a sweep may vary, by the names of their flags; seeds are apart. */
export function sweptOptions(): ReadonlyMap<string, Option> {
  const { options } = withSearchSettings(new Command());
  return new Map(options.map((option) => [nameOf(option), option] as const).filter(([name]) => name !== "seed"));
}

function nameOf({ long }: Option): string {
  return (long ?? "").replace(/^--/, "");
}

/** A message about flags in the words of the file; a command line that it names stays one. */
export function inWordsOfFile(message: string): string {
  return message.includes("esnas ") ? message : message.replaceAll(/--(?=[a-z])/g, "");
}

/**
 * Reads a definition as YAML or JSON has it.
 * @throws {InputError} where a setting is not known, or is not what its flag takes.
 */
export function readDefinition(content: unknown): Definition {
  const { success, data, error } = definitionSchema(sweptOptions()).safeParse(content);
  if (success) return data;
  const [issue] = error.issues;
  const path = issue?.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("") ?? "";
  throw new InputError(path === "" ? `${issue?.message}` : `${path.replace(/^\./, "")}: ${issue?.message}`);
}

const seed = z.unknown().transform((given, context) => {
  return read(context, [], () => whole("seed", 0, 2 ** 31 - 1)(textOf(given))) ?? z.NEVER;
});

const seeds = z.unknown().transform((given, context): number | readonly number[] => {
  if (!Array.isArray(given)) return read(context, [], () => whole("seeds", 1, MOST_SEARCHES)(textOf(given))) ?? 1;
  const list: readonly unknown[] = given;
  if (list.length === 0) context.addIssue(EMPTY);
  const numbers = list.map((each, i) => read(context, [i], () => whole("seeds", 0, 2 ** 31 - 1)(textOf(each))) ?? 0);
  const twice = numbers.find((number, i) => numbers.indexOf(number) !== i);
  if (twice !== undefined) context.addIssue(`has ${twice} twice: a search is made once`);
  return numbers;
});

const settings = z.looseObject(
  { seed: seed.optional(), seeds: seeds.optional() },
  { error: "takes settings by their names, as in preset: s0" },
);

const EMPTY = "is an empty list: give something, or leave it out";

function definitionSchema(options: ReadonlyMap<string, Option>): z.ZodType<Definition> {
  const names = [...options.keys(), "seed", "seeds"];
  const part = settings.transform((given, context) => partOf(given, options, context));
  const runs = z
    .array(ownKeys(names).pipe(part), { error: "takes a list of parts, each with settings of its own" })
    .min(1, EMPTY);
  const whole = settings.extend({ runs: runs.optional() }).transform(({ runs, ...given }, context) => {
    return { ...partOf(given, options, context, ["runs"]), ...(runs && { runs }) };
  });
  return ownKeys([...names, "runs"]).pipe(whole);
}

/** Refuses `__proto__`, which zod leaves out of objects whose keys it does not know. */
function ownKeys(names: readonly string[]) {
  return z.unknown().superRefine((given, context) => {
    if (typeof given !== "object" || given === null || !Object.hasOwn(given, "__proto__")) return;
    context.addIssue(unknownName("setting", "__proto__", names).message);
  });
}

function partOf(
  { seed, seeds, ...given }: z.output<typeof settings>,
  options: ReadonlyMap<string, Option>,
  context: z.RefinementCtx,
  others: readonly string[] = [],
): Part {
  if (seed !== undefined && Array.isArray(seeds)) {
    context.addIssue(`beside a list of seeds there is no seed, was given ${seed}`);
  }
  const lists = Object.entries(given).map(([name, values]) => {
    const option = options.get(name);
    if (option !== undefined) return [name, listOf(name, option, values, context)] as const;
    context.addIssue(unknownName("setting", name, [...options.keys(), "seed", "seeds", ...others]).message);
    return [name, []] as const;
  });
  return {
    lists: Object.fromEntries(lists),
    ...(seed !== undefined && { seed }),
    ...(seeds !== undefined && { seeds }),
  };
}

/** A value, or a list of values, as the flag takes them. */
function listOf(name: string, option: Option, values: unknown, context: z.RefinementCtx): readonly Given[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  if (list.length === 0) context.addIssue({ code: "custom", message: EMPTY, path: [name] });
  return list.flatMap((value, i) => {
    const path = Array.isArray(values) ? [name, i] : [name];
    return read(context, path, () => givenBy(name, option, textOf(value))) ?? [];
  });
}

function givenBy(name: string, option: Option, text: string): Given {
  // Text to the flag, which is read with the others.
  if (name.endsWith("-metric")) objectiveOf(text);
  return { text, value: option.parseArg === undefined ? text : option.parseArg(text, undefined) };
}

function textOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  const shown = value === null || value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
  throw new InputError(`takes a text or a number, was given ${shown}`);
}

/** What is read; undefined where it cannot be, which becomes an issue of the schema. */
function read<T>(context: z.RefinementCtx, path: (string | number)[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EsnasError)) throw error;
    context.addIssue({ code: "custom", message: inWordsOfFile(error.message), path });
    return undefined;
  }
}
