import { genotypeOfCode } from "@esnas/core/internal";
/** @file What a search did, and why its networks are as they are. */

import { useState } from "preact/hooks";
import { startFrom } from "../state/changing.js";
import type { Design } from "../state/genotypes.js";
import { offers, shownPoint } from "../state/offers.js";
import { goTo } from "../state/route.js";
import { chartedBest, chartVersion, chooseModel, isReading, provenanceOf, type Study, study } from "../state/study.js";
import { Inspector } from "./inspector.js";
import { Empty, StillReading } from "./parts.js";
import { Scatter } from "./scatter.js";
import { ScoreHistory } from "./score-history.js";
import { ShareHistory } from "./share-history.js";

interface ChosenProps {
  readonly of: Study;
  readonly chosen: number | undefined;
  /** Told undefined where the best is to be shown again. */
  readonly onChoose: (order: number | undefined) => void;
}

function Chosen({ of, chosen, onChoose }: ChosenProps) {
  const { space, table, settings } = of;
  const last = table.count - 1;
  const design: Design | undefined =
    chosen === undefined ? chartedBest.value : { space, genotype: genotypeOfCode(space, table.genesAt(chosen)) };
  if (design === undefined) return isReading.value ? <StillReading /> : null;
  const title = chosen === undefined ? (offers.value[shownPoint.value]?.title ?? "Best") : `Candidate ${chosen + 1}`;
  const provenance = provenanceOf(of, chosen ?? chartedBest.value?.order);
  const about = chosen === undefined ? "" : `${table.phaseAt(chosen)} phase of cycle ${table.cycle[chosen]}; `;
  return (
    <section class="panel" aria-labelledby="chosen-title">
      <div class="panel-head">
        <h2 id="chosen-title">{title}</h2>
        <div class="selects">
          {offers.value.length > 1 && (
            <label>
              Model
              <select
                value={chosen === undefined ? String(shownPoint.value) : ""}
                onChange={({ currentTarget }) => {
                  chooseModel(Number(currentTarget.value));
                  onChoose(undefined);
                }}
              >
                <option value="" disabled>
                  one for each budget…
                </option>
                {offers.value.map((offer, i) => (
                  <option key={offer.title} value={String(i)}>
                    {offer.title}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label>
            Candidate
            <input
              type="number"
              min={1}
              max={table.count}
              value={chosen === undefined ? "" : chosen + 1}
              placeholder="best"
              onChange={({ currentTarget }) => {
                const order = Math.round(Number(currentTarget.value)) - 1;
                if (order >= 0 && order <= last) onChoose(order);
              }}
            />
          </label>
          <button
            type="button"
            onClick={() => {
              startFrom({ space, genotype: design.genotype, title, provenance });
              goTo("change");
            }}
          >
            Change it
          </button>
        </div>
      </div>
      <p class="hint">{about}choose another one in the chart, in the list of the front, or by its number.</p>
      <Inspector design={design} title={title} seed={settings.seed} provenance={provenance} />
    </section>
  );
}

export function UnderstandView() {
  const current = study.value;
  const [chosen, setChosen] = useState<{ readonly of: Study; readonly order: number } | undefined>(undefined);
  if (current === undefined || chartVersion.value < 0 || current.table.count === 0) {
    return (
      <Empty title="Nothing to understand yet">
        <p>
          Here you see every candidate of a search: its scores, its costs, and what made them. Start a search first.
        </p>
        <a class="button" href="#/design">
          To the budget
        </a>
      </Empty>
    );
  }
  const order = chosen?.of === current ? chosen.order : undefined;
  const choose = (next: number | undefined) => setChosen(next === undefined ? undefined : { of: current, order: next });
  return (
    <div class="stack">
      <Scatter study={current} chosen={order} onChoose={choose} />
      <Chosen of={current} chosen={order} onChoose={choose} />
      <div class="columns">
        <ScoreHistory study={current} />
        <ShareHistory study={current} />
      </div>
    </div>
  );
}
