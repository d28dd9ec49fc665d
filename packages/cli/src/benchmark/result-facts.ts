/** @file How a result was made, as its page says it. */

import { grouped } from "@esnas/core/internal";
import type { Making } from "./correlate-summary.js";

export function factsOf({
  command,
  version,
  table,
  sample,
  seeds,
  bootstrap,
}: Making): (readonly [term: string, meaning: string])[] {
  return [
    ["Command", command],
    ["Program", `esnas ${version}`],
    ["Table", `${table.file}: ${grouped(table.rows)} networks, sha-256 ${table.sha256}`],
    ["Networks", sample.rows === table.rows ? "all" : `${grouped(sample.rows)}, drawn with seed ${sample.seed}`],
    ["Seeds of weights and input", seeds.join(", ")],
    [
      "Intervals",
      `${100 * bootstrap.level} %: percentiles over ${grouped(bootstrap.resamples)} resamples of the networks, seed ${bootstrap.seed}`,
    ],
  ];
}
