/** @file The first view: a budget, a search, and the network that it has found so far. */

import { type BoundsByCost, duration, grouped, pointOfPhase, type Score, titleOfRun } from "@esnas/core/internal";
import { useEffect, useRef } from "preact/hooks";
import figure from "../../../../docs/esformer-s0.svg?url";
import { boundsAt, budgetText, shownPoint } from "../state/offers.js";
import { goOn, pause, step, stop } from "../state/search-control.js";
import { settingsText } from "../state/settings-text.js";
import {
  begunHere,
  best,
  failure,
  isElsewhere,
  isReading,
  models,
  provenanceOf,
  report,
  result,
  type Study,
  status,
  study,
} from "../state/study.js";
import { BudgetForm } from "./budget-form.js";
import { Figure } from "./figure.js";
import { FrontModels } from "./front-models.js";
import { NetworkTiles } from "./network-tiles.js";
import { DataTable, Notice, StillReading, Tile, Tiles } from "./parts.js";
import { TakeAwayBar } from "./take-away-bar.js";
import { useInspection } from "./use-inspection.js";
import { useKeptFocus } from "./use-kept-focus.js";

const statusWords = {
  idle: "No search",
  preparing: "Getting ready",
  running: "Searching",
  paused: "Paused",
  stopped: "Stopped",
  ended: "Done",
  failed: "Failed",
} as const;

const reasons = {
  evaluations: "all candidates are made",
  converged: "a whole cycle changed nothing",
  exhausted: "nothing new was left to try",
} as const;

function Controls() {
  const frame = useKeptFocus<HTMLDivElement>();
  const now = status.value;
  const isUnderWay = now === "running" || now === "preparing";
  const canGoOn = now === "paused" || now === "stopped" || now === "failed";
  return (
    <div class="buttons" ref={frame} tabIndex={-1}>
      {(isUnderWay || canGoOn) && (
        <button type="button" onClick={() => void (isUnderWay ? pause() : goOn())}>
          {isUnderWay ? "Pause" : "Go on"}
        </button>
      )}
      {(now === "paused" || now === "stopped") && (
        <button type="button" onClick={() => void step()}>
          Step
        </button>
      )}
      {(isUnderWay || now === "paused") && (
        <button type="button" onClick={() => void stop()}>
          Stop
        </button>
      )}
    </div>
  );
}

/** Of a search that is only looked at from here. */
function Elsewhere({ isServed }: { isServed: boolean }) {
  if (!isServed) return <p class="hint">This search runs in another tab; it is followed here.</p>;
  const words = {
    preparing: "A run of the command line; its folder is being read.",
    ended: "A run of the command line, read from its folder.",
  } as const;
  const now = status.value;
  return (
    <p class="hint">
      {now === "preparing" || now === "ended"
        ? words[now]
        : "A run of the command line: what it adds to its folder appears here."}
    </p>
  );
}

/** A run of the command line may have been stopped without a word. */
function State({ isServed }: { isServed: boolean }) {
  const now = status.value;
  return <span class={`state state-${now}`}>{isServed && now === "running" ? "Not finished" : statusWords[now]}</span>;
}

function timeLeft(seconds: number | undefined): string {
  return seconds === undefined || Number.isNaN(seconds) ? "–" : duration(seconds);
}

/** Where a search is that is under way. */
function Stage({ of }: { of: Study }) {
  const { algorithm, cycles, front } = of.settings;
  const told = report.value;
  const point = told && pointOfPhase(told.phase);
  return (
    <>
      {front && <Tile label="Point" value={point?.point ?? "–"} unit={`of ${front.points}`} />}
      <Tile label="Phase" value={point?.phase ?? told?.phase ?? "–"} />
      {algorithm === "cyclic" && <Tile label="Cycle" value={told?.cycle ?? "–"} unit={`of ${cycles}`} />}
      <Tile label="Rate" value={told === undefined ? "–" : grouped(Math.round(told.rate))} unit="a second" />
      {of.source === "browser" && <Tile label="Time left" value={timeLeft(told?.secondsLeft)} />}
    </>
  );
}

function Progress() {
  const current = study.value;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (current?.id === begunHere.peek()) panel.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  if (current === undefined) return null;
  const { settings, expected, table, source } = current;
  const done = report.value?.done ?? table.count;
  const isServed = source === "server";
  const isOver = status.value === "ended";
  // What is read of a run's folder is no progress of the run.
  const isRead = isServed && status.value === "preparing";
  return (
    <section class="panel" aria-labelledby="progress-title" ref={panel}>
      <div class="panel-head">
        <h2 id="progress-title">
          {current.name}
          <State isServed={isServed} />
        </h2>
        {isServed || isElsewhere.value ? <Elsewhere isServed={isServed} /> : <Controls />}
      </div>
      <p class="hint">{settingsText(settings)}</p>
      {!isOver && <progress aria-label={isRead ? "Candidates read" : "Candidates made"} max={expected} value={done} />}
      <Tiles>
        <Tile label="Candidates" value={grouped(done)} {...(!isOver && { unit: `of ${grouped(expected)}` })} />
        {!isOver && !isRead && <Stage of={current} />}
        {isOver && settings.front && <Tile label="Points" value={settings.front.points} />}
        {isOver && settings.algorithm === "cyclic" && settings.front === undefined && (
          <Tile label="Cycles" value={result.value?.cycles ?? "–"} unit={`of ${settings.cycles}`} />
        )}
      </Tiles>
      {result.value !== undefined && source === "browser" && (
        <p class="hint">The search has ended: {reasons[result.value.reason]}.</p>
      )}
      {failure.value && <Notice kind="error">{failure.value}</Notice>}
    </section>
  );
}

function Found() {
  const design = best.value;
  const current = study.value;
  const title = current === undefined ? "" : titleOfBest(current);
  const bound = current?.settings.latencyProfile?.profile;
  const { answer, error } = useInspection(
    design,
    { title, subtitle: subtitleOf(), metrics: current?.table.metrics ?? [] },
    bound,
  );
  if (current === undefined || design === undefined) return current === undefined ? <Welcome /> : <Waiting />;
  if (error !== undefined) return <Notice kind="error">{error}</Notice>;
  if (answer === undefined) return <Waiting />;
  const { costs, images, latency } = answer;
  return (
    <section class="panel" aria-labelledby="best-title">
      <h2 id="best-title">{headingOf(current)}</h2>
      <NetworkTiles
        costs={costs}
        bounds={boundsOfShown(current)}
        scores={scoresOf(current, design.order)}
        images={images}
        latency={latency}
      />
      <Figure svg={answer.svg} label={`Drawing of ${title}`} />
      <TakeAwayBar
        design={design}
        title={title}
        subtitle={subtitleOf()}
        seed={current.settings.seed}
        provenance={provenanceOf(current, design.order)}
        study={current}
      />
      <h3>Stage by stage</h3>
      <DataTable table={answer.stages} caption="Stages of the network" />
    </section>
  );
}

/** The bounds of the search; of a front, those of the point that is shown. */
function boundsOfShown({ settings: { constraints, front } }: Study): BoundsByCost {
  const budget = budgetOfShown();
  return front === undefined || budget === undefined ? constraints : boundsAt(constraints, front.cost, budget);
}

function headingOf({ settings }: Study): string {
  if (result.value === undefined) return "Best of this phase so far";
  const budget = budgetOfShown();
  return settings.front === undefined || budget === undefined
    ? "The network that was found"
    : `The network that was found for at most ${budgetText(settings.front.cost, budget)}`;
}

/** Of the point of a front whose model is shown. */
function budgetOfShown(): number | undefined {
  return models.value[shownPoint.value]?.budget;
}

/** By the metrics of the search: of the result by all; while it runs, by those that its phase is scored by. */
function scoresOf({ table }: Study, order: number | undefined): [string, Score][] {
  return table.metrics.flatMap((metric): [string, Score][] => {
    const ofResult = result.value?.scores[metric];
    if (result.value !== undefined) return ofResult === undefined ? [] : [[metric, ofResult]];
    const score = order === undefined ? Number.NaN : (table.scores[metric]?.[order] ?? Number.NaN);
    return Number.isNaN(score) ? [] : [[metric, score]];
  });
}

function titleOfBest({ settings }: Study): string {
  const budget = budgetOfShown();
  return settings.front === undefined || budget === undefined
    ? titleOfRun(settings)
    : `Model of at most ${budgetText(settings.front.cost, budget)}`;
}

function subtitleOf(): string {
  const current = study.value;
  return current === undefined ? "" : `found by esnas without training, seed ${current.settings.seed}`;
}

function Waiting() {
  return (
    <section class="panel waiting">
      <h2>{isReading.value ? "Still reading" : "Best of this phase so far"}</h2>
      {isReading.value ? (
        <StillReading />
      ) : (
        <p>The first candidate is on its way. The runtime that scores networks (14 MB) is fetched once and kept.</p>
      )}
    </section>
  );
}

function Welcome() {
  return (
    <section class="panel welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">Design a network for your budget</h2>
      <p>
        Say how large the network may be and start a search. In less than a minute, in this page and without training a
        single candidate, it finds a hybrid of convolutions and attention: to look at, to change, and to take away as
        ONNX or PyTorch. Nothing is uploaded.
      </p>
      <figure>
        <img
          src={figure}
          alt="ESFormer-S0: four stages of inverted bottlenecks, ConvNeXt blocks and Transformers"
          width={1238}
          height={954}
        />
        <figcaption>ESFormer-S0, which the search finds with seed 0.</figcaption>
      </figure>
    </section>
  );
}

export function DesignView() {
  return (
    <div class="with-side">
      <div class="side">
        <BudgetForm />
      </div>
      <div class="stack">
        {study.value === undefined && failure.value && <Notice kind="error">{failure.value}</Notice>}
        <Progress />
        {study.value && <FrontModels of={study.value} />}
        <Found />
      </div>
    </div>
  );
}
