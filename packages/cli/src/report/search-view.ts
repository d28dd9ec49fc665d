/** @file What is seen of a search on a terminal while it runs. */

import { duration, grouped, type ProgressReport, type Settings } from "@esnas/core";
import { showScore } from "../run/readme.js";

export function progressLines(
  { algorithm, cycles, maxEvaluations }: Settings,
  report: ProgressReport | undefined,
): string[] {
  if (report === undefined) return ["starting"];
  const { phase, cycle, done, rate, secondsLeft, scores, best } = report;
  const where = algorithm === "cyclic" ? `cycle ${cycle} of ${cycles}, ${phase} phase` : phase;
  return [
    `${where}, about ${duration(secondsLeft)} left`,
    `${grouped(done)} of at most ${grouped(maxEvaluations)} candidates, ${grouped(Math.round(rate))} a second`,
    ...[...scores].map(([id, score]) => `best ${id} of this phase ${showScore(score)}`),
    `with ${(best.parameters / 1e6).toFixed(2)} M parameters, ${(best.macs / 1e9).toFixed(3)} GMACs`,
  ];
}
