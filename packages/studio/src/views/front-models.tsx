/** @file The models that a front has ended with, one for each budget, to choose one of them. */

import { costText, costWords, grouped, scoreText, usageOf, usageText } from "@esnas/core/internal";
import { scoreLabel } from "../state/axes.js";
import { boundsAt, shownPoint } from "../state/offers.js";
import { chooseModel, models, type Study } from "../state/study.js";

export function FrontModels({ of }: { of: Study }) {
  const { front, constraints } = of.settings;
  const points = models.value;
  if (front === undefined || points.length === 0) return null;
  const metrics = Object.keys(points[0]?.scores ?? {});
  /** With the bound of its point, where there is one that no column of its own says. */
  const amount = (point: (typeof points)[number], cost: "parameters" | "macs" | "latency") => {
    const { budget, [cost]: used = Number.NaN } = point;
    if (cost === front.cost) return costText(cost, used);
    const bounds = budget === undefined ? constraints : boundsAt(constraints, front.cost, budget);
    const [usage] = usageOf({ [cost]: used }, { [cost]: bounds[cost] ?? {} });
    return usage === undefined ? costText(cost, used) : usageText(usage);
  };
  const isTimed = points.some(({ latency }) => latency !== undefined);
  return (
    <section class="panel" aria-labelledby="front-title">
      <h2 id="front-title">
        {grouped(points.length)} models, one for each budget of {costWords[front.cost]}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section class="scrolls" aria-label="Models of the front" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">point</th>
              <th scope="col">at most, {costWords[front.cost]}</th>
              <th scope="col">parameters</th>
              <th scope="col">MACs</th>
              {isTimed && <th scope="col">ms predicted</th>}
              {metrics.map((metric) => (
                <th scope="col" key={metric} class="of-bound">
                  {scoreLabel(metric)}
                </th>
              ))}
              <th scope="col">dominated by</th>
            </tr>
          </thead>
          <tbody>
            {points.map((point, i) => (
              <tr key={point.budget} aria-current={shownPoint.value === i ? "true" : undefined}>
                <th scope="row">
                  <button type="button" aria-pressed={shownPoint.value === i} onClick={() => chooseModel(i)}>
                    Show {i + 1}
                  </button>
                </th>
                <td>{costText(front.cost, point.budget ?? Number.NaN)}</td>
                <td class="of-bound">{amount(point, "parameters")}</td>
                <td class="of-bound">{amount(point, "macs")}</td>
                {isTimed && <td class="of-bound">{amount(point, "latency")}</td>}
                {metrics.map((metric) => (
                  <td key={metric} class="wraps">
                    {scoreText(point.scores[metric])}
                  </td>
                ))}
                <td>{point.dominatedBy.join(", ") || "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
