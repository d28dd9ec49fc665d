/** @file A slider over several orders of magnitude, with the number itself beside it; and a field for a whole number. */

import { type BoundedCost, roundNumber } from "@esnas/core/internal";
import { useId } from "preact/hooks";
import { readAmount, type TypedAmount } from "../state/budget.js";

interface AmountSliderProps {
  readonly label: string;
  /** What it is an amount of. */
  readonly cost: BoundedCost;
  /** Where it is one, such as ms, numbers have no prefix. */
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
  readonly value: TypedAmount;
  /** Told every text that is typed, as it is: one that is no amount remains in the field, and holds the form back. */
  readonly onChange: (value: TypedAmount) => void;
}

const STEPS = 400;

/** Three digits: nobody asks for a budget of 1,327,181. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

export function AmountSlider({ label, cost, unit, min, max, value, onChange }: AmountSliderProps) {
  const id = useId();
  const read = readAmount(cost, value);
  const [amount, problem] = "amount" in read ? [read.amount, undefined] : [undefined, read.problem];
  const place = amount === undefined ? 0 : (STEPS * Math.log(amount / min)) / Math.log(max / min);
  const written = (number: number) => (unit === undefined ? roundNumber(number) : String(number));
  const spoken = amount === undefined ? ["no amount"] : [written(amount), unit ?? ""];
  return (
    <div class="field">
      <label for={`${id}-number`}>{label}</label>
      <div class="amount">
        <input
          type="range"
          aria-label={`${label}, slider`}
          aria-valuetext={spoken.join(" ").trim()}
          min={0}
          max={STEPS}
          step={1}
          value={Math.min(STEPS, Math.max(0, place))}
          onInput={({ currentTarget }) => onChange(rounded(min * (max / min) ** (Number(currentTarget.value) / STEPS)))}
        />
        <input
          id={`${id}-number`}
          type="text"
          ref={(input) => input?.setCustomValidity(problem ?? "")}
          value={typeof value === "number" ? written(value) : value}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
          onBlur={() => {
            if (amount !== undefined) onChange(amount);
          }}
        />
        {unit && <span class="unit">{unit}</span>}
      </div>
      {problem !== undefined && (
        <span class="problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  /** NaN where the field is empty, or what it holds is no number. */
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
        required
        value={Number.isNaN(value) ? undefined : value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
