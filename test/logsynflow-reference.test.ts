/**
 * @file The closed-form flow (graph/flow.ts) against a dense network that is run and differentiated in float64
 * (reference/linearised-network.ts).
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Architecture, graphOf } from "../packages/core/src/architecture/architecture.js";
import { closedFormScores } from "./reference/closed-form.js";
import type { Normalisation } from "./reference/dense-rules.js";
import { equalWeights, type FlowScores, linearisedScores } from "./reference/linearised-network.js";
import {
  customArchitecture,
  customNetworks,
  featureBlocks,
  frames,
  hybrid,
  separableLayers,
} from "./reference/random-networks.js";

const normalisations = fc.constantFrom<Normalisation>("identity", "divide");
const widths = fc.integer({ min: 1, max: 6 });

/** Relative differences; Synflow is a logarithm, whose absolute difference is the relative one of what it is of. */
function differences(closed: FlowScores, reference: FlowScores): FlowScores {
  const relative = (a: number, b: number) => (a === b ? 0 : Math.abs(a - b) / Math.abs(b));
  return {
    logsynflow: relative(closed.logsynflow, reference.logsynflow),
    logsynflowEpsilon: relative(closed.logsynflowEpsilon, reference.logsynflowEpsilon),
    synflow: closed.synflow === reference.synflow ? 0 : Math.abs(closed.synflow - reference.synflow),
  };
}

function expectAgreement(architecture: Architecture, normalisation: Normalisation, tolerance: FlowScores): void {
  const reference = linearisedScores(graphOf(architecture), equalWeights, normalisation);
  const found = differences(closedFormScores(architecture, normalisation), reference);
  expect(found.logsynflow).toBeLessThanOrEqual(tolerance.logsynflow);
  expect(found.logsynflowEpsilon).toBeLessThanOrEqual(tolerance.logsynflowEpsilon);
  expect(found.synflow).toBeLessThanOrEqual(tolerance.synflow);
}

/** Rounding, where the closed form is exact; more of it in the other convention, where ln(g + 1e-6) is near zero for g = 1. */
const EXACT: FlowScores = { logsynflow: 1e-9, logsynflowEpsilon: 1e-7, synflow: 1e-9 };

describe("with equal weights, where fields are separable", () => {
  test("one block of any kind between stem and head", () => {
    const side = fc.integer({ min: 2, max: 9 });
    const property = fc.property(
      frames(side, widths),
      featureBlocks(),
      normalisations,
      (frame, spec, normalisation) => {
        expectAgreement(hybrid(frame, [spec]), normalisation, EXACT);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 150 });
  });

  test("chains of blocks whose kernels cover the map", () => {
    const networks = fc.constantFrom(3, 5, 7, 9).chain((kernel) =>
      fc.record({
        frame: frames(fc.integer({ min: 1, max: (kernel + 1) / 2 }), widths),
        specs: fc.array(featureBlocks(fc.constant(kernel)), { minLength: 2, maxLength: 6 }),
      }),
    );
    const property = fc.property(networks, normalisations, ({ frame, specs }, normalisation) => {
      expectAgreement(hybrid(frame, specs), normalisation, EXACT);
    });
    fc.assert(property, { seed: 2, numRuns: 150 });
  });

  test("custom graphs", () => {
    const property = fc.property(customNetworks(separableLayers, 6), normalisations, (network, normalisation) => {
      expectAgreement(customArchitecture(network), normalisation, EXACT);
    });
    fc.assert(property, { seed: 3, numRuns: 3000 });
  });
});
