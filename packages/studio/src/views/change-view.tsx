/** @file A network that is changed by hand: a block is chosen, and its kind, kernel and sizes; costs and scores follow. */

import { type PresetName, presets, readGenotype } from "@esnas/core";
import { useEffect, useState } from "preact/hooks";
import {
  canRedo,
  canUndo,
  change,
  chosenBlock,
  current,
  type Named,
  pin,
  redo,
  reference,
  startFrom,
  startFromLink,
  startFromModel,
  undo,
} from "../state/changing.js";
import { type Choice, choicesOf, differences, edited, valueName } from "../state/edits.js";
import { linkOf, sameDesign } from "../state/genotypes.js";
import { messageOf } from "../state/lab.js";
import { profile } from "../state/profile.js";
import { route } from "../state/route.js";
import { best, provenanceOf, type Study, study } from "../state/study.js";
import { Figure } from "./figure.js";
import { DesignTime, PartsTable } from "./inspector.js";
import { Empty, Notice } from "./parts.js";
import { TakeAwayBar } from "./take-away-bar.js";
import { useEntropy, useInspection } from "./use-inspection.js";

/** Values that are shown side by side; more are a list. */
const MOST_SEGMENTS = 5;

function ChoiceField({ choice, onChange }: { choice: Choice; onChange: (value: string | number) => void }) {
  const { label, isShared, values, value, gene } = choice;
  const title = isShared && choice.label !== "Blocks in the stage" ? `${label}, of the whole stage` : label;
  if (values.length <= MOST_SEGMENTS) {
    return (
      <fieldset class="segments">
        <legend>{title}</legend>
        {values.map((option) => (
          <label key={option}>
            <input type="radio" name={`gene-${gene}`} checked={option === value} onChange={() => onChange(option)} />
            <span>{valueName(option)}</span>
          </label>
        ))}
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={`gene-${gene}`}>{title}</label>
      <select
        id={`gene-${gene}`}
        value={String(value)}
        onChange={({ currentTarget }) => onChange(values[currentTarget.selectedIndex] ?? value)}
      >
        {values.map((option) => (
          <option key={option} value={String(option)}>
            {valueName(option)}
          </option>
        ))}
      </select>
    </div>
  );
}

function BlockPanel({ design }: { design: Named }) {
  const block = chosenBlock.value;
  const choices = block === undefined ? [] : choicesOf(design, block);
  return (
    <section class="panel" aria-labelledby="block-title">
      <h2 id="block-title">{block === undefined ? "Choose a block" : block}</h2>
      {block === undefined && (
        <p class="hint">Click a block in the drawing, or go there with the Tab key and press Enter.</p>
      )}
      {block !== undefined && choices.length === 0 && <p class="hint">Nothing of this block is free.</p>}
      {choices.map((choice) => (
        <ChoiceField
          key={choice.gene}
          choice={choice}
          onChange={(value) => change(edited(design.genotype, choice.gene, value))}
        />
      ))}
    </section>
  );
}

/** A number beside the one that it is compared with. */
function Compared({
  label,
  value,
  before,
  digits,
  more,
}: {
  label: string;
  value: number | undefined;
  before: number | undefined;
  digits: number;
  more: "better" | "worse";
}) {
  const show = (n: number | undefined) => (n === undefined || Number.isNaN(n) ? "…" : n.toPrecision(digits));
  const change = value === undefined || before === undefined ? 0 : (value - before) / before;
  const isSame = Math.abs(change) < 1e-6 || Number.isNaN(change);
  const sense = change > 0 === (more === "better") ? "better" : "worse";
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{show(value)}</td>
      <td>{show(before)}</td>
      <td class={isSame ? undefined : sense}>
        {isSame ? "the same" : `${change > 0 ? "+" : "−"}${(100 * Math.abs(change)).toFixed(1)} %`}
      </td>
    </tr>
  );
}

function Comparison({ design, before, seed }: { design: Named; before: Named; seed: number }) {
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
          <button type="button" onClick={pin}>
            Compare with what it is now
          </button>
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
                label="Parameters, M"
                value={million(now.answer?.costs.parameters)}
                before={million(then.answer?.costs.parameters)}
                digits={4}
                more="worse"
              />
              <Compared
                label="Multiply-accumulates, M"
                value={million(now.answer?.costs.macs)}
                before={million(then.answer?.costs.macs)}
                digits={4}
                more="worse"
              />
              <Compared
                label="Entropic Score, nats"
                value={score(entropyNow)}
                before={score(entropyThen)}
                digits={6}
                more="better"
              />
              <Compared
                label="LogSynflow, M"
                value={million(now.answer?.logSynflow)}
                before={million(then.answer?.logSynflow)}
                digits={5}
                more="better"
              />
              {now.answer?.latency !== undefined && (
                <Compared
                  label="Latency, predicted, ms"
                  value={now.answer.latency}
                  before={then.answer?.latency}
                  digits={3}
                  more="worse"
                />
              )}
            </tbody>
          </table>
        </section>
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

function million(n: number | undefined): number | undefined {
  return n === undefined ? undefined : n / 1e6;
}

function CopyLink({ design }: { design: Named }) {
  const [copied, setCopied] = useState<string | undefined>(undefined);
  const link = () => `${location.href.replace(/#.*$/, "")}#/change?g=${linkOf(design)}`;
  const copy = async () => {
    const address = link();
    history.replaceState(undefined, "", address);
    try {
      await navigator.clipboard.writeText(address);
      setCopied("The link is copied.");
    } catch {
      setCopied("The link stands in the address of this page.");
    }
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        Copy a link to it
      </button>
      <span class="hint" role="status">
        {copied}
      </span>
    </>
  );
}

const LARGEST_GENOTYPE = 4 * 2 ** 20;

async function openFile(file: File): Promise<void> {
  if (file.size > LARGEST_GENOTYPE) throw new Error("The file has more than 4 MiB, and is no genotype.");
  const text = await file.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("The file is not JSON.");
  }
  startFrom({ ...readGenotype(json), title: file.name, provenance: [] });
}

function beginWithBest({ order, ...design }: NonNullable<typeof best.value>, of: Study): void {
  startFrom({ ...design, title: `Best of ${of.name}`, provenance: provenanceOf(of, order) });
}

function Beginnings() {
  const [error, setError] = useState("");
  const [found, of] = [best.value, study.value];
  return (
    <section class="panel" aria-labelledby="begin-title">
      <h2 id="begin-title">Begin with</h2>
      <div class="buttons">
        {found !== undefined && of !== undefined && (
          <button type="button" onClick={() => beginWithBest(found, of)}>
            Best of the search
          </button>
        )}
        {(Object.keys(presets) as PresetName[]).map((preset) => (
          <button key={preset} type="button" onClick={() => startFromModel(preset)}>
            ESFormer-{preset.toUpperCase()}
          </button>
        ))}
      </div>
      <div class="field">
        <label for="genotype-file">A genotype's JSON file</label>
        <input
          id="genotype-file"
          type="file"
          accept=".json"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            setError("");
            if (file !== undefined) void openFile(file).catch((reason) => setError(messageOf(reason)));
          }}
        />
      </div>
      {error && <Notice kind="error">{error}</Notice>}
    </section>
  );
}

function onShortcut(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const isUndo = key === "z" && !event.shiftKey;
  const isRedo = (key === "z" && event.shiftKey) || key === "y";
  if (!isUndo && !isRedo) return;
  event.preventDefault();
  if (isUndo) undo();
  else redo();
}

/** Takes up what a link carries. */
function useLink(): string {
  const [error, setError] = useState("");
  const { link } = route.value;
  useEffect(() => {
    setError("");
    if (link === undefined) return;
    try {
      startFromLink(link);
    } catch (reason) {
      setError(messageOf(reason));
    }
  }, [link]);
  return error;
}

export function ChangeView() {
  const linkError = useLink();
  const design = current.value;
  const before = reference.value;
  const seed = study.value?.settings.seed ?? 0;
  useEffect(() => {
    addEventListener("keydown", onShortcut);
    return () => removeEventListener("keydown", onShortcut);
  }, []);
  return (
    <div class="with-side">
      <div class="side">
        {design !== undefined && <BlockPanel design={design} />}
        <Beginnings />
      </div>
      <div class="stack">
        {linkError && <Notice kind="error">{linkError}</Notice>}
        {design === undefined || before === undefined ? (
          <Empty title="Change a network by hand">
            <p>Begin with the best of a search, with one of the family, or with a file. Then click its blocks.</p>
          </Empty>
        ) : (
          <>
            <section class="panel" aria-label="Changes">
              <div class="buttons">
                <button type="button" disabled={!canUndo.value} onClick={undo} aria-keyshortcuts="Control+Z">
                  Undo
                </button>
                <button type="button" disabled={!canRedo.value} onClick={redo} aria-keyshortcuts="Control+Shift+Z">
                  Redo
                </button>
                <CopyLink design={design} />
              </div>
              <TakeAwayBar
                design={design}
                title={design.title}
                subtitle="designed with esnas"
                seed={seed}
                provenance={design.provenance}
              />
            </section>
            <Comparison design={design} before={before} seed={seed} />
          </>
        )}
      </div>
    </div>
  );
}
