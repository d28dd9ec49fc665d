/** @file The bounds of a search: each cost free, or with a slider and a field that takes its units. */

import { type Bounds, type Budget, ranges, withBounds } from "../state/budget.js";
import { AmountSlider } from "./amount-slider.js";
import { LatencyBudget } from "./latency-budget.js";

const costs = {
  parameters: { name: "Parameters", beginning: 1.33e6 },
  macs: { name: "Multiply-accumulates", beginning: 0.26e9 },
  peakMemory: { name: "Memory of activations in float32", beginning: 4e6 },
} as const;

type Counted = keyof typeof costs;

interface BoundFieldsProps {
  readonly budget: Budget;
  readonly onChange: (budget: Budget) => void;
}

export function BoundFields({ budget, onChange }: BoundFieldsProps) {
  const set = (bounds: Partial<Bounds>) => onChange(withBounds(budget, bounds));
  const names = Object.keys(costs) as Counted[];
  return (
    <>
      {names.map((cost) => {
        const value = budget[cost];
        if (value === undefined) return null;
        const label = `${costs[cost].name} at most`;
        return (
          <AmountSlider
            key={cost}
            label={label}
            cost={cost}
            {...ranges[cost]}
            value={value}
            onChange={(amount) => set({ [cost]: amount })}
          />
        );
      })}
      <fieldset class="choices">
        <legend>Bounds</legend>
        {names.map((cost) => (
          <label class="choice" key={cost}>
            <input
              type="checkbox"
              checked={budget[cost] !== undefined}
              onChange={({ currentTarget }) => {
                set({ [cost]: currentTarget.checked ? costs[cost].beginning : undefined });
              }}
            />
            {costs[cost].name}
          </label>
        ))}
      </fieldset>
      <LatencyBudget latency={budget.latency} onChange={(latency) => onChange({ ...budget, latency })} />
    </>
  );
}
