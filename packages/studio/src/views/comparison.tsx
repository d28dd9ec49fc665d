/** @file A changed network beside the one that it is compared with: numbers, stages, drawings. */

import { big, type FamilyName, familyBudgets, milliseconds, scoreText } from "@esnas/core/internal";
import { chosenBlock, compareWith, current, modelOf, type Named, origin } from "../state/changing.js";
import { differences } from "../state/edits.js";
import { sameDesign } from "../state/genotypes.js";
import { offers } from "../state/offers.js";
import { profile } from "../state/profile.js";
import type { Table } from "../workers/lab.worker.js";
import { Figure } from "./figure.js";
import { DesignTime, PartsTable } from "./inspector.js";
import { Notice } from "./parts.js";
import { useEntropy, useInspection } from "./use-inspection.js";

/** Networks to compare with, by what they are called in the list. */
function comparable(): [title: string, take: () => Named | undefined][] {
  const found = offers.value;
  return [
    ["what it began as", () => origin.value],
    ["what it is now", () => current.value],
    ...found.map((offer): [string, () => Named] => [
      found.length === 1 ? "the best of the search" : offer.title,
      () => offer,
    ]),
    ...(Object.keys(familyBudgets) as FamilyName[]).map((preset): [string, () => Named] => [
      `ESFormer-${preset.toUpperCase()}`,
      () => modelOf(preset),
    ]),
  ];
}

function CompareWith() {
  const choices = comparable();
  return (
    <div class="selects">
      <label>
        Compare with
        <select
          value=""
          onChange={({ currentTarget }) => {
            const chosen = choices[Number(currentTarget.value)]?.[1]();
            currentTarget.value = "";
            if (chosen !== undefined) compareWith(chosen);
          }}
        >
          <option value="" disabled>
            another one…
          </option>
          {choices.map(([title], i) => (
            <option key={title} value={String(i)}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Both networks stage by stage, one below the other: drawings beside each other want a wide page. */
function StagesOfBoth({ now, before }: { now: Table; before: Table }) {
  const names = [...new Set([...now.rows, ...before.rows].map(([name = ""]) => name))];
  const rowOf = (table: Table, name: string) => table.rows.find(([first]) => first === name) ?? [name];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scrolls" aria-label="Both networks stage by stage" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {now.columns.map((column) => (
              <th scope="col" key={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        {names.map((name) => {
          const [row, other] = [rowOf(now, name), rowOf(before, name)];
          return (
            <tbody key={name}>
              <tr>
                <th scope="row">{name}</th>
                {now.columns.slice(1).map((column, i) => (
                  <td key={column} class={i === 0 ? "wraps" : undefined}>
                    {row[i + 1]}
                  </td>
                ))}
              </tr>
              {row.join() !== other.join() && (
                <tr class="was">
                  <th scope="row">before</th>
                  {now.columns.slice(1).map((column, i) => (
                    <td key={column} class={i === 0 ? "wraps" : undefined}>
                      {other[i + 1] === row[i + 1] ? "" : other[i + 1] || "none"}
                    </td>
                  ))}
                </tr>
              )}
            </tbody>
          );
        })}
      </table>
    </section>
  );
}

function imagesText(images: readonly number[] | undefined): string {
  return images === undefined ? "" : `, at ${images.join(" × ")}`;
}

/** One decimal, or one digit of what is less than that. */
function percent(share: number): string {
  return share < 0.0005 ? (100 * share).toPrecision(1) : (100 * share).toFixed(1);
}

/** A number beside the one that it is compared with. */
function Compared({
  label,
  value,
  before,
  show,
  more,
}: {
  label: string;
  value: number | undefined;
  before: number | undefined;
  show: (n: number) => string;
  more: "better" | "worse";
}) {
  const shown = (n: number | undefined) => (n === undefined || Number.isNaN(n) ? "…" : show(n));
  // What was nothing before has no change in per cent.
  const change = value === undefined || before === undefined || before === 0 ? 0 : (value - before) / before;
  const isSame = Math.abs(change) < 1e-6 || Number.isNaN(change);
  const sense = change > 0 === (more === "better") ? "better" : "worse";
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{shown(value)}</td>
      <td>{shown(before)}</td>
      <td class={isSame ? undefined : sense}>
        {isSame ? "the same" : `${change > 0 ? "+" : "−"}${percent(Math.abs(change))} %`}
      </td>
    </tr>
  );
}

export function Comparison({ design, before, seed }: { design: Named; before: Named; seed: number }) {
  const now = useInspection(design, { title: design.title }, profile());
  const then = useInspection(before, { title: before.title }, profile());
  const entropyNow = useEntropy(design, seed);
  const entropyThen = useEntropy(before, seed);
  const score = (entropy: ReturnType<typeof useEntropy>) => {
    const value = entropy.isCurrent ? entropy.answer?.score : undefined;
    return typeof value === "number" ? value : undefined;
  };
  const differing = before.space.genes.length === design.space.genes.length ? differences(before, design) : [];
  const error = now.error ?? then.error ?? entropyNow.error;
  return (
    <>
      <section class="panel" aria-labelledby="compare-title">
        <div class="panel-head">
          <h2 id="compare-title">Compared with {before.title}</h2>
          <CompareWith />
        </div>
        {error !== undefined && <Notice kind="error">{error}</Notice>}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
        <section class="scrolls" aria-label="Both networks in numbers" tabIndex={0}>
          <table class="compared">
            <thead>
              <tr>
                <th scope="col">of the whole network</th>
                <th scope="col">now</th>
                <th scope="col">before</th>
                <th scope="col">change</th>
              </tr>
            </thead>
            <tbody>
              <Compared
                label="Parameters"
                value={now.answer?.costs.parameters}
                before={then.answer?.costs.parameters}
                show={big}
                more="worse"
              />
              <Compared
                label="Multiply-accumulates"
                value={now.answer?.costs.macs}
                before={then.answer?.costs.macs}
                show={big}
                more="worse"
              />
              <Compared
                label={`Entropic Score, nats${imagesText(entropyNow.answer?.images)}`}
                value={score(entropyNow)}
                before={score(entropyThen)}
                show={scoreText}
                more="better"
              />
              <Compared
                label="LogSynflow"
                value={now.answer?.logSynflow}
                before={then.answer?.logSynflow}
                show={scoreText}
                more="better"
              />
              {now.answer?.latency !== undefined && (
                <Compared
                  label="Latency, predicted, ms"
                  value={now.answer.latency}
                  before={then.answer?.latency}
                  show={milliseconds}
                  more="worse"
                />
              )}
            </tbody>
          </table>
        </section>
        {now.answer && then.answer && !sameDesign(design, before) && (
          <StagesOfBoth now={now.answer.stages} before={then.answer.stages} />
        )}
        {differing.length > 0 && (
          <details>
            <summary>{differing.length === 1 ? "1 gene differs" : `${differing.length} genes differ`}</summary>
            <ul class="plain">
              {differing.map(({ gene, a, b }) => (
                <li key={gene}>
                  <code>{gene}</code>: {a} → {b}
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <div class={sameDesign(design, before) ? "stack" : "pair"}>
        <section class="panel" aria-labelledby="now-title">
          <h2 id="now-title">{design.title}</h2>
          {now.answer && (
            <Figure
              svg={now.answer.svg}
              label={`${design.title}: each block is a button`}
              chosen={chosenBlock.value}
              onChoose={(block) => {
                chosenBlock.value = block;
              }}
            />
          )}
        </section>
        {!sameDesign(design, before) && (
          <section class="panel" aria-labelledby="before-title">
            <h2 id="before-title">{before.title}</h2>
            {then.answer && <Figure svg={then.answer.svg} label={`Drawing of ${before.title}`} />}
          </section>
        )}
      </div>
      <section class="panel" aria-labelledby="browser-time-title">
        <h2 id="browser-time-title">Time in this browser</h2>
        <DesignTime design={design} />
      </section>
      {now.answer && (
        <section class="panel" aria-labelledby="parts-title">
          <h2 id="parts-title">What each block costs, and adds to LogSynflow</h2>
          <PartsTable parts={now.answer.parts} />
        </section>
      )}
    </>
  );
}
