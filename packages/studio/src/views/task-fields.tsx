/** @file What networks are for: the images, the classes, and the stem, which suits the images unless it is chosen. */

import { stemInWords, type Task } from "../state/budget.js";
import { NumberField } from "./amount-slider.js";

const fields = [
  ["channels", { label: "Channels", min: 1, max: 64, hint: "3: colour, 1: grey." }],
  ["height", { label: "Image height", min: 1, max: 4096, hint: "Pixels." }],
  ["width", { label: "Image width", min: 1, max: 4096, hint: "Pixels." }],
  ["classes", { label: "Classes", min: 1, max: 1_000_000 }],
] as const;

const STEMS = ["auto", 1, 2, 4] as const;

interface TaskFieldsProps {
  readonly task: Task;
  readonly onChange: (task: Partial<Task>) => void;
}

export function TaskFields({ task, onChange }: TaskFieldsProps) {
  const { stem } = task;
  const stems = STEMS.some((known) => known === stem) ? STEMS : [...STEMS, stem];
  return (
    <>
      {fields.map(([name, field]) => (
        <NumberField key={name} {...field} value={task[name]} onChange={(value) => onChange({ [name]: value })} />
      ))}
      <label class="field">
        Stem
        <select
          value={String(stem)}
          onChange={({ currentTarget: { value } }) => onChange({ stem: value === "auto" ? "auto" : Number(value) })}
        >
          {stems.map((each) => (
            <option key={each} value={String(each)}>
              {each === "auto" ? "Auto" : `${each} × ${each}`}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">{stemInWords(task)}</p>
    </>
  );
}
