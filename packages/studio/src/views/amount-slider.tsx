/** @file A slider over several orders of magnitude, with the number itself beside it. */

import { amountOf, roundNumber } from "@esnas/core";
import { useId, useState } from "preact/hooks";

interface AmountSliderProps {
  readonly label: string;
  /** Where it is one, such as ms, numbers have no prefix. */
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const STEPS = 400;

/** Three digits: nobody asks for a budget of 1,327,181. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Undefined where it is no positive amount. */
function amountIn(text: string): number | undefined {
  try {
    return amountOf(text);
  } catch {
    return undefined;
  }
}

export function AmountSlider({ label, unit, min, max, value, onChange }: AmountSliderProps) {
  const id = useId();
  const [text, setText] = useState<string | undefined>(undefined);
  const place = (STEPS * Math.log(value / min)) / Math.log(max / min);
  const shown = unit === undefined ? roundNumber(value) : String(value);
  const read = (typed: string) => {
    setText(typed);
    const amount = amountIn(typed);
    if (amount !== undefined) onChange(amount);
  };
  return (
    <div class="field">
      <label for={`${id}-number`}>{label}</label>
      <div class="amount">
        <input
          type="range"
          aria-label={`${label}, slider`}
          aria-valuetext={unit === undefined ? shown : `${shown} ${unit}`}
          min={0}
          max={STEPS}
          step={1}
          value={Math.min(STEPS, Math.max(0, place))}
          onInput={({ currentTarget }) => {
            setText(undefined);
            onChange(rounded(min * (max / min) ** (Number(currentTarget.value) / STEPS)));
          }}
        />
        <input
          id={`${id}-number`}
          type="text"
          value={text ?? shown}
          aria-invalid={text !== undefined && amountIn(text) === undefined}
          onInput={({ currentTarget }) => read(currentTarget.value)}
          onBlur={() => setText(undefined)}
        />
        {unit && <span class="unit">{unit}</span>}
      </div>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly hint?: string;
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, value, min, max, hint, onChange }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field field-number">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
