/** @file What a search is asked for: a preset, or bounds of one's own; seed; and what is seldom changed. */

import { type PresetName, presets } from "@esnas/core";
import { effect, signal, untracked } from "@preact/signals";
import { useState } from "preact/hooks";
import { type Budget, budgetIn, budgetOf, ranges, settingsOf, withBounds } from "../state/budget.js";
import { messageOf } from "../state/lab.js";
import { profile } from "../state/profile.js";
import { begin } from "../state/search-control.js";
import { study } from "../state/study.js";
import { AmountSlider, NumberField } from "./amount-slider.js";
import { LatencyBudget } from "./latency-budget.js";
import { Notice } from "./parts.js";

const budget = signal<Budget>(budgetOf("s0"));
/** Whether the search that is shown has settings that the form does not have. */
const isPart = signal(false);

// The form holds what the search that is shown was asked for.
effect(() => {
  if (study.value === undefined) return;
  const shown = budgetIn(study.value.settings, untracked(profile));
  budget.value = shown.budget;
  isPart.value = !shown.isWhole;
});

function set(change: Partial<Budget>): void {
  budget.value = { ...budget.value, ...change };
}

const presetNames = Object.keys(presets) as PresetName[];

function Presets() {
  return (
    <fieldset class="segments">
      <legend>Preset</legend>
      {presetNames.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="preset"
            checked={budget.value.preset === name}
            onChange={() => {
              budget.value = budgetOf(name, budget.value);
            }}
          />
          <span>{name.toUpperCase()}</span>
        </label>
      ))}
      <label>
        <input
          type="radio"
          name="preset"
          checked={budget.value.preset === undefined}
          onChange={() => set({ preset: undefined })}
        />
        <span>Own</span>
      </label>
    </fieldset>
  );
}

export function BudgetForm() {
  const [error, setError] = useState("");
  const { parameters, macs, latency, seed, evaluations, resolution, classes } = budget.value;
  const start = async () => {
    setError("");
    try {
      await begin(settingsOf({ ...budget.value, profile: profile() }));
    } catch (reason) {
      setError(messageOf(reason));
    }
  };
  return (
    <form
      class="panel budget"
      aria-label="Budget"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2>{study.value === undefined ? "Budget" : "New search"}</h2>
      {isPart.value && (
        <Notice kind="note">
          The search that is shown has settings that this form does not have. What starts here has those that you see.
        </Notice>
      )}
      <Presets />
      <AmountSlider
        label="Parameters at most"
        cost="parameters"
        {...ranges.parameters}
        value={parameters}
        onChange={(value) => {
          budget.value = withBounds(budget.value, { parameters: value });
        }}
      />
      <AmountSlider
        label="Multiply-accumulates at most"
        cost="macs"
        {...ranges.macs}
        value={macs}
        onChange={(value) => {
          budget.value = withBounds(budget.value, { macs: value });
        }}
      />
      <LatencyBudget latency={latency} onChange={(bound) => set({ latency: bound })} />
      <NumberField
        label="Seed"
        value={seed}
        min={0}
        max={2 ** 31 - 1}
        hint="The same seed gives the same network."
        onChange={(value) => set({ seed: value })}
      />
      <details
        onInvalidCapture={({ currentTarget }) => {
          // A field that is not seen cannot say what is wrong with it.
          currentTarget.open = true;
        }}
      >
        <summary>More</summary>
        <div class="stack">
          <NumberField
            label="Candidates"
            value={evaluations}
            min={1}
            max={1_000_000}
            onChange={(value) => set({ evaluations: value })}
          />
          <NumberField
            label="Image size"
            value={resolution}
            min={32}
            max={4096}
            hint="Pixels a side."
            onChange={(value) => set({ resolution: value })}
          />
          <NumberField
            label="Classes"
            value={classes}
            min={1}
            max={1_000_000}
            onChange={(value) => set({ classes: value })}
          />
        </div>
      </details>
      {error && <Notice kind="error">{error}</Notice>}
      <button type="submit" class="primary">
        Start a search
      </button>
    </form>
  );
}
