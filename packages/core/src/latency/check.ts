/** @file How well a fit predicts networks that it has not seen. */

import { spearman } from "../statistics/correlation.js";
import { onceEach, rankingOf } from "../statistics/ranking.js";
import { fitLatency, type MeasuredNetwork } from "./calibration.js";
import { latencyPredictor } from "./predictor.js";
import type { LatencyCheck } from "./profile.js";

const FOLDS = 5;

/** Predicted against measured milliseconds. */
export function agreementOf(predicted: readonly number[], measured: readonly number[]): LatencyCheck {
  const errors = measured.map((ms, i) => Math.abs((predicted[i] ?? 0) - ms) / ms).toSorted((a, b) => a - b);
  const middle = errors.length / 2;
  const [low = 0, high = 0] = [errors[Math.ceil(middle) - 1], errors[Math.floor(middle)]];
  return {
    networks: measured.length,
    spearman: spearman(rankingOf(predicted, measured), onceEach(measured.length)) ?? 0,
    medianError: (low + high) / 2,
  };
}

/**
 * Cross-validation in five parts: each network is predicted by a fit to the others.
 * @param always - Networks that are part of every fit, and are not predicted.
 */
export function checkedLatency(
  networks: readonly MeasuredNetwork[],
  always: readonly MeasuredNetwork[] = [],
): LatencyCheck {
  const predicted = new Array<number>(networks.length);
  for (let fold = 0; fold < Math.min(FOLDS, networks.length); fold++) {
    const isHeldOut = (_: unknown, i: number) => i % FOLDS === fold;
    const seen = networks.filter((_, i) => !isHeldOut(_, i));
    const predictor = latencyPredictor(fitLatency([...seen, ...always]));
    networks.forEach(({ architecture }, i) => {
      if (isHeldOut(architecture, i)) predicted[i] = predictor.ofArchitecture(architecture);
    });
  }
  return agreementOf(
    predicted,
    networks.map(({ milliseconds }) => milliseconds),
  );
}
