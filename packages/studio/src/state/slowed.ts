/** @file What changes many times a second, for those who need not know of each change at once. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";

/** Follows a signal: at once where nothing has changed of late, and else when so many milliseconds have passed. */
export function slowed<T>(source: ReadonlySignal<T>, milliseconds: number): ReadonlySignal<T> {
  const followed = signal(source.peek());
  let isResting = false;
  const follow = () => {
    if (isResting || followed.peek() === source.peek()) return;
    followed.value = source.peek();
    isResting = true;
    setTimeout(() => {
      isResting = false;
      follow();
    }, milliseconds);
  };
  effect(() => {
    void source.value;
    follow();
  });
  return followed;
}
