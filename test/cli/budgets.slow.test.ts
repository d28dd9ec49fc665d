/** @file `esnas search` keeps its budget, whatever searches. */

import { join } from "node:path";
import { architectureCosts, type Costs, hybridSpace, sample, seededRandom } from "@esnas/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { candidatesOf, stdoutOf, temporaryFolder } from "./esnas.js";

interface FoundModel {
  readonly parameters: number;
  readonly macs: number;
}

const space = hybridSpace();
const costsOfRandomModel = (seed: number): Costs => architectureCosts(space.build(sample(space, seededRandom(seed))));

test("budgets are kept, upper and lower bounds, by every algorithm, wherever a model of the space keeps them", async () => {
  const place = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("cyclic", "joint", "random", "freerea", "regularized-evolution"),
      fc.constantFrom("strict", "slack", "relaxed", "refit"),
      fc.nat(1e6),
      fc.constantFrom(0.9, 0.7, undefined),
      async (algorithm, topologyBudget, seed, least) => {
        const model = costsOfRandomModel(seed);
        const bounds = { parameters: 1.05 * model.parameters, macs: 1.05 * model.macs };
        const flags = [
          `--max-params=${Math.ceil(bounds.parameters)}`,
          `--max-macs=${Math.ceil(bounds.macs)}`,
          ...(least === undefined ? [] : [`--min-params=${Math.floor(least * model.parameters)}`]),
          `--algorithm=${algorithm}`,
          `--topology-budget=${topologyBudget}`,
          `--seed=${seed}`,
          `--out=${++run}`,
        ];
        const printed = await stdoutOf(place, "search", "--max-evaluations", "25", "--json", ...flags);
        const found = JSON.parse(printed) as FoundModel;
        expect(found.parameters).toBeLessThanOrEqual(bounds.parameters + 1);
        expect(found.macs).toBeLessThanOrEqual(bounds.macs + 1);
        expect(found.parameters).toBeGreaterThanOrEqual((least ?? 0) * model.parameters - 1);
        expect(candidatesOf(join(place, String(run))).length).toBeLessThanOrEqual(25);
      },
    ),
    { numRuns: 6, seed: 1 },
  );
});
