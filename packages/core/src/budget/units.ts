/** @file Amounts of a cost as people write and read them, each in the units of its kind: counts, bytes, times. */

import { InputError } from "../base/errors.js";
import { big, milliseconds } from "../base/numbers.js";
import type { BoundedCost } from "./constraints.js";

/** How amounts of a kind are written. */
interface Kind {
  /** Factors by the unit behind the number. */
  readonly units: Readonly<Record<string, number>>;
  /** What a text has to be, with an example. */
  readonly form: string;
  /** The unit in which amounts are counted; none of counts. */
  readonly unit: string;
  /** `1.33 M`, `256 kB`, `7.93 ms` */
  readonly text: (value: number) => string;
}

const counts: Kind = {
  units: { "": 1, k: 1e3, M: 1e6, G: 1e9 },
  form: "a positive number, with k, M or G behind it where wanted, such as 1.33M",
  unit: "",
  text: (value) => big(value),
};

const bytes: Kind = {
  units: {
    ...counts.units,
    ...{ B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  },
  form: "positive bytes, with kB, MB, GB, KiB, MiB or GiB behind them where wanted, such as 256kB",
  unit: "B",
  text: (value) => (value < 1000 ? `${big(value)} B` : `${big(value)}B`),
};

const times: Kind = {
  units: { "": 1, ms: 1, s: 1000, us: 1e-3 },
  form: "positive milliseconds, or a number with ms, s or us behind it, such as 8ms",
  unit: "ms",
  text: (value) => `${milliseconds(value)} ms`,
};

const kinds: Readonly<Record<BoundedCost, Kind>> = {
  parameters: counts,
  macs: counts,
  activations: counts,
  activationLayers: counts,
  peakMemory: bytes,
  latency: times,
};

/** What a wrong text is not. */
const names: Readonly<Record<BoundedCost, string>> = {
  parameters: "amount of parameters",
  macs: "amount of MACs",
  activations: "amount of activations",
  activationLayers: "amount of nonlinearities",
  peakMemory: "amount of memory",
  latency: "time",
};

const amount = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s?([A-Za-z]*)$/;

/**
 * The amount of a cost that a text is: `1.33M` parameters, `256kB` or `1MiB` of memory, `8ms` of latency.
 * @returns Bytes of memory, milliseconds of latency.
 * @throws {@link InputError} where the text is none, or has a unit that is not one of this cost.
 */
export function amountOfCost(cost: BoundedCost, text: string): number {
  const { units, form } = kinds[cost];
  const [, digits, unit = ""] = amount.exec(text.trim()) ?? [];
  const value = Number(digits) * (Object.hasOwn(units, unit) ? (units[unit] ?? Number.NaN) : Number.NaN);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InputError(`"${text.slice(0, 60)}" is no ${names[cost]}: write ${form}`);
}

/** `1.33 M`, `256 kB`, `7.93 ms`: an amount of a cost with its unit, where it has one. */
export function costText(cost: BoundedCost, value: number): string {
  return kinds[cost].text(value);
}

/** The unit in which amounts of a cost are counted: `B`, `ms`, or none. */
export function unitOf(cost: BoundedCost): string {
  return kinds[cost].unit;
}

/** The text that is read back as this amount: `1330000`, `256000B`, `8ms`. */
export function exactCostText(cost: BoundedCost, value: number): string {
  return `${value}${unitOf(cost)}`;
}
