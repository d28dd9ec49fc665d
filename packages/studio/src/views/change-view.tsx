/** @file A network that is changed by hand: a block is chosen, and its kind, kernel and sizes; costs and scores follow. */

import { type FamilyName, familyBudgets, readGenotype } from "@esnas/core/internal";
import { useEffect, useState } from "preact/hooks";
import {
  canRedo,
  canUndo,
  change,
  chosenBlock,
  current,
  modelOf,
  type Named,
  redo,
  reference,
  startFrom,
  startFromLink,
  undo,
} from "../state/changing.js";
import { type Choice, choicesOf, edited, valueName } from "../state/edits.js";
import { linkOf } from "../state/genotypes.js";
import { messageOf } from "../state/lab.js";
import { offers } from "../state/offers.js";
import { route } from "../state/route.js";
import { isReading, study } from "../state/study.js";
import { Comparison } from "./comparison.js";
import { Empty, Notice, StillReading } from "./parts.js";
import { TakeAwayBar } from "./take-away-bar.js";

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

function Beginnings() {
  const [error, setError] = useState("");
  const found = offers.value;
  const [only] = found.length === 1 ? found : [];
  return (
    <section class="panel" aria-labelledby="begin-title">
      <h2 id="begin-title">Begin with</h2>
      <div class="buttons">
        {only !== undefined && (
          <button type="button" onClick={() => startFrom(only)}>
            Best of the search
          </button>
        )}
        {(Object.keys(familyBudgets) as FamilyName[]).map((preset) => (
          <button key={preset} type="button" onClick={() => startFrom(modelOf(preset))}>
            ESFormer-{preset.toUpperCase()}
          </button>
        ))}
      </div>
      {isReading.value && <StillReading />}
      {found.length > 1 && (
        <div class="field">
          <label for="front-model">A model of the search</label>
          <select
            id="front-model"
            value=""
            onChange={({ currentTarget }) => {
              const chosen = found[Number(currentTarget.value)];
              currentTarget.value = "";
              if (chosen !== undefined) startFrom(chosen);
            }}
          >
            <option value="" disabled>
              one for each budget…
            </option>
            {found.map(({ title }, i) => (
              <option key={title} value={String(i)}>
                {title}
              </option>
            ))}
          </select>
        </div>
      )}
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
                <button type="button" aria-disabled={!canUndo.value} onClick={undo} aria-keyshortcuts="Control+Z">
                  Undo
                </button>
                <button type="button" aria-disabled={!canRedo.value} onClick={redo} aria-keyshortcuts="Control+Shift+Z">
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
