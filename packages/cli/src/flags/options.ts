/** @file Flags that several commands have, and the forms of their values. */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  amountOfCost,
  type BoundedCost,
  type BoundsByCost,
  boundWords,
  type Constraints,
  InputError,
  type PresetName,
  presetInWords,
  presetNames,
  presets,
  unknownName,
  withPredictor,
} from "@esnas/core/internal";
import { type Command, Option } from "commander";
import { readProfileFile } from "../files/latency-profile-file.js";

/** A whole number within bounds. */
export function whole(name: string, least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InputError(`${name} takes a whole number ${range}, was given "${text}"`);
    }
    return value;
  };
}

/** Threads or processes: more than a few a core of this machine only take turns. */
export function parallel(name: string): (text: string) => number {
  return whole(name, 1, Math.max(16, 4 * availableParallelism()));
}

/** `224`, or `224x320` with the height first: an image's size in pixels. */
export function imageSize(flag: string, least = 1): (text: string) => readonly [height: number, width: number] {
  const side = whole(flag, least, 4096);
  return (text) => {
    const [height = "", width = height, ...others] = text.split("x");
    if (others.length > 0)
      throw new InputError(`${flag} takes 224 or 224x320, was given "${text}": write height x width`);
    return [side(height), side(width)];
  };
}

/** A path; what looks like a flag is one whose own value was forgotten before it. */
export function pathOf(flag: string): (text: string) => string {
  return (text) => {
    if (text.trim() === "") throw new InputError(`${flag} takes a path, was given none`);
    if (text.startsWith("--")) throw new InputError(`${flag} takes a path, was given "${text}" (or write ./${text})`);
    return text;
  };
}

/** A name out of a list. */
export function oneOf<T extends string>(what: string, names: readonly T[]): (text: string) => T {
  return (text) => {
    const name = names.find((candidate) => candidate === text);
    if (name === undefined) throw unknownName(what, text, names);
    return name;
  };
}

/** What bounds are on, and an example of one. */
const described: Readonly<Record<keyof typeof boundWords, readonly [what: string, example: string]>> = {
  params: ["parameters", "1.33M"],
  macs: ["multiply-accumulates", "0.26G"],
  activations: ["activations", "2M"],
  layers: ["nonlinearities", "40"],
  memory: ["memory for float32 activations alive at once (int8 takes a quarter)", "256kB or 1MiB"],
  latency: ["latency that a --profile predicts", "8ms"],
};

/** `--preset` and the bounds `--max-params`, `--min-macs` and so on. */
export function withConstraints(command: Command, presetDefault: string): Command {
  command.addOption(
    new Option("--preset <name>", `budget and task: ${presetNames.join(", ")}; see below (${presetDefault})`).argParser(
      oneOf("preset", presetNames),
    ),
  );
  for (const [word, cost] of Object.entries(boundWords) as [keyof typeof boundWords, BoundedCost][]) {
    const [what, example] = described[word];
    const read = (text: string) => amountOfCost(cost, text);
    const value = { peakMemory: "<bytes>", latency: "<time>" }[cost as string] ?? "<n>";
    command.option(`--max-${word} ${value}`, `maximum ${what}, e.g. ${example}`, read);
    command.option(`--min-${word} ${value}`, `minimum ${what}`, read);
  }
  return command.option(
    "--profile <file>",
    "latency profile (this machine's, as esnas latency --calibrate writes it)",
    pathOf("--profile"),
  );
}

/** What each preset asks for and where its figures are from, for the help of commands. */
export function presetHelp(): string {
  return presetNames
    .flatMap((name) => [
      `  ${name.padEnd(6)} ${presets[name].title}`,
      `         ${presetInWords(name)}`,
      `         ${presets[name].source}`,
    ])
    .join("\n");
}

/** The bounds that flags give, on top of those of the preset. */
export function boundsOf(options: Readonly<Record<string, unknown>>, preset: PresetName | undefined): BoundsByCost {
  const constraints: Record<string, { min?: number; max?: number }> = preset
    ? structuredClone(presets[preset].constraints)
    : {};
  for (const [word, cost] of Object.entries(boundWords)) {
    const capital = word.replace(/^./, (letter) => letter.toUpperCase());
    for (const end of ["min", "max"] as const) {
      const value = options[`${end}${capital}`];
      if (typeof value === "number") constraints[cost] = { ...constraints[cost], [end]: value };
    }
  }
  return constraints;
}

/**
 * The constraints that flags give; the profile is read where latency is bounded.
 * @throws {InputError} where there is no such profile.
 */
export function constraintsOf(options: Readonly<Record<string, unknown>>, preset: PresetName | undefined): Constraints {
  const bounds = boundsOf(options, preset);
  const profile = typeof options.profile === "string" ? options.profile : undefined;
  return withPredictor(bounds, bounds.latency && readProfileFile(profile));
}

export const seedOption = () =>
  new Option("--seed <n>", "seed of all that is random").argParser(whole("--seed", 0, 2 ** 31 - 1)).default(0);

export const workersOption = () =>
  new Option("--workers <n>", "processes; the result does not depend on them")
    .argParser(parallel("--workers"))
    .default(availableParallelism(), "one a core");

/** The database that all of `esnas bench` shares. */
export const scoresOption = () =>
  new Option("--scores <file>", "database of scores: what is in it is not scored again")
    .argParser(pathOf("--scores"))
    .default(join("bench", "scores.sqlite"));
