/** @file What a search is asked for: a preset, or bounds of one's own; seed; and what is seldom changed. */

import { presetInWords, presetNames, presets, trainings } from "@esnas/core/internal";
import { effect, signal, untracked } from "@preact/signals";
import { useState } from "preact/hooks";
import { type Budget, budgetIn, budgetOf, type Method, settingsOf, withPreset } from "../state/budget.js";
import { messageOf } from "../state/lab.js";
import { profile } from "../state/profile.js";
import { begin } from "../state/search-control.js";
import { study } from "../state/study.js";
import { NumberField } from "./amount-slider.js";
import { BoundFields } from "./bound-fields.js";
import { Notice } from "./parts.js";
import { TaskFields } from "./task-fields.js";

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

function Presets() {
  return (
    <fieldset class="segments">
      <legend>Preset</legend>
      {presetNames.map((name) => (
        <label key={name} title={`${presets[name].title}: ${presetInWords(name)}. ${presets[name].source}`}>
          <input
            type="radio"
            name="preset"
            checked={budget.value.preset === name}
            onChange={() => {
              budget.value = withPreset(budget.value, name);
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

/** What networks are compared by, in the words of who will train them. */
const methods: Readonly<Record<Method, { readonly title: string; readonly hint: string }>> = {
  long: { title: "Long training", hint: `For ${trainings.long}.` },
  short: { title: "Short training", hint: `For ${trainings.short}: shallow, wide networks.` },
  paper: { title: "The paper's metrics", hint: "Entropic Score and LogSynflow, whatever the training." },
};

function MethodField() {
  const { method } = budget.value;
  return (
    <div class="field">
      <label for="method">How it will be trained</label>
      <select
        id="method"
        value={method}
        aria-describedby="method-hint"
        onChange={({ currentTarget }) => set({ method: currentTarget.value as Method })}
      >
        {Object.entries(methods).map(([name, { title }]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <p id="method-hint" class="hint">
        {methods[method].hint}
      </p>
    </div>
  );
}

export function BudgetForm() {
  const [error, setError] = useState("");
  const { seed, evaluations } = budget.value;
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
      <BoundFields budget={budget.value} onChange={(changed) => set(changed)} />
      <MethodField />
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
          <TaskFields task={budget.value} onChange={(task) => set(task)} />
        </div>
      </details>
      {error && <Notice kind="error">{error}</Notice>}
      <button type="submit" class="primary">
        Start a search
      </button>
    </form>
  );
}
