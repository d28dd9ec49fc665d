/** @file Long work on the page's own thread, in parts: none so long that a click has to wait. */

/** Lets the browser do what is waiting. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

/** Milliseconds of work between turns. */
const LONGEST = 12;

/** Does something for each of many things. */
export async function inTurns<T>(things: Iterable<T>, action: (thing: T) => void): Promise<void> {
  let begun = performance.now();
  for (const thing of things) {
    action(thing);
    if (performance.now() - begun < LONGEST) continue;
    await nextTurn();
    begun = performance.now();
  }
}
