/** @file The first view: a budget, a search, and the network that it has found so far. */

import { duration, grouped } from "@esnas/core";
import { useEffect, useRef } from "preact/hooks";
import figure from "../../../../docs/esformer-s0.svg?url";
import { goOn, pause, step, stop } from "../state/search-control.js";
import {
  begunHere,
  best,
  failure,
  isElsewhere,
  type nameOf,
  provenanceOf,
  report,
  result,
  status,
  study,
} from "../state/study.js";
import { BudgetForm } from "./budget-form.js";
import { Figure } from "./figure.js";
import { DataTable, Notice, Tile, Tiles } from "./parts.js";
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
  return (
    <p class="hint">
      {isServed
        ? "This search runs elsewhere; it is followed here."
        : "This search runs in another tab; it is followed here."}
    </p>
  );
}

function timeLeft(seconds: number | undefined): string {
  return seconds === undefined || Number.isNaN(seconds) ? "–" : duration(seconds);
}

function Progress() {
  const current = study.value;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (current?.id === begunHere.peek()) panel.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  if (current === undefined) return null;
  const told = report.value;
  const { maxEvaluations, cycles } = current.settings;
  const done = told?.done ?? current.table.count;
  const isOver = status.value === "ended";
  return (
    <section class="panel" aria-labelledby="progress-title" ref={panel}>
      <div class="panel-head">
        <h2 id="progress-title">
          {current.name}
          <span class={`state state-${status.value}`}>{statusWords[status.value]}</span>
        </h2>
        {current.source === "server" || isElsewhere.value ? (
          <Elsewhere isServed={current.source === "server"} />
        ) : (
          <Controls />
        )}
      </div>
      <progress aria-label="Candidates made" max={maxEvaluations} value={isOver ? maxEvaluations : done} />
      <Tiles>
        <Tile label="Candidates" value={grouped(done)} unit={`of ${grouped(maxEvaluations)}`} />
        <Tile label="Phase" value={isOver ? "ended" : (told?.phase ?? "–")} />
        <Tile label="Cycle" value={told?.cycle ?? result.value?.cycles ?? "–"} unit={`of ${cycles}`} />
        <Tile label="Rate" value={told === undefined ? "–" : grouped(Math.round(told.rate))} unit="a second" />
        <Tile label="Time left" value={isOver ? "none" : `${timeLeft(told?.secondsLeft)}`} />
      </Tiles>
      {result.value !== undefined && current.source === "browser" && (
        <p class="hint">The search has ended: {reasons[result.value.reason]}.</p>
      )}
      {failure.value && <Notice kind="error">{failure.value}</Notice>}
    </section>
  );
}

function Found() {
  const design = best.value;
  const current = study.value;
  const title = current === undefined ? "" : titleOf(current.settings);
  const bound = current?.settings.latencyProfile?.profile;
  const { answer, error } = useInspection(design, { title, subtitle: subtitleOf() }, bound);
  if (current === undefined || design === undefined) return current === undefined ? <Welcome /> : <Waiting />;
  if (error !== undefined) return <Notice kind="error">{error}</Notice>;
  if (answer === undefined) return <Waiting />;
  const { costs, logSynflow, latency } = answer;
  return (
    <section class="panel" aria-labelledby="best-title">
      <h2 id="best-title">{result.value === undefined ? "Best of this phase so far" : "The network that was found"}</h2>
      <Tiles>
        <Tile label="Parameters" value={(costs.parameters / 1e6).toPrecision(3)} unit="M" />
        <Tile label="Multiply-accumulates" value={(costs.macs / 1e9).toPrecision(3)} unit="G" />
        <Tile label="LogSynflow" value={(logSynflow / 1e6).toPrecision(4)} unit="M" />
        <EntropicScore />
        {latency !== undefined && <Tile label="Latency, predicted" value={latency.toPrecision(3)} unit="ms" />}
      </Tiles>
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

/** Of the result, by both metrics; while the search runs, the best of a topology phase has it. */
function EntropicScore() {
  const current = study.value;
  const order = best.value?.order;
  const known =
    result.value?.scores["entropic-score"] ??
    (order === undefined ? undefined : current?.table.scores["entropic-score"]?.[order]);
  return typeof known === "number" && !Number.isNaN(known) ? (
    <Tile label="Entropic Score" value={known.toFixed(3)} unit="nats" />
  ) : null;
}

function titleOf(settings: Parameters<typeof nameOf>[0]): string {
  return settings.preset === null ? "A model for a budget" : `ESFormer-${settings.preset.toUpperCase()}`;
}

function subtitleOf(): string {
  const current = study.value;
  return current === undefined ? "" : `found by esnas without training, seed ${current.settings.seed}`;
}

function Waiting() {
  return (
    <section class="panel waiting">
      <h2>Best of this phase so far</h2>
      <p>The first candidate is on its way. The runtime that scores networks (14 MB) is fetched once and kept.</p>
    </section>
  );
}

function Welcome() {
  return (
    <section class="panel welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">Design a network for your budget</h2>
      <p>
        Say how large the network may be and start a search. Within a few minutes, in this page and without training a
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
        <Found />
      </div>
    </div>
  );
}
