import { expect, test } from "vitest";
import { releasing } from "./releasing.js";

function sessions(...failing: readonly boolean[]) {
  const released: number[] = [];
  const used = failing.map((fails, i) => ({
    async release() {
      released.push(i);
      if (fails) throw new Error(`release ${i} fails`);
    },
  }));
  return { used, released };
}

test("the error of the work is the one that is thrown, also where releases fail", async () => {
  const { used, released } = sessions(true, false, true);
  const work = releasing(used, () => Promise.reject(new Error("the work fails")));
  await expect(work).rejects.toThrow("the work fails");
  expect(released).toEqual([0, 1, 2]);
});

test("after work that succeeds the first release that fails is told of, and all are tried", async () => {
  const { used, released } = sessions(false, true, true);
  await expect(releasing(used, async () => 1)).rejects.toThrow("release 1 fails");
  expect(released).toEqual([0, 1, 2]);
});

test("what the work adds is released, and its result comes back", async () => {
  const { used, released } = sessions(false, false);
  const open: (typeof used)[number][] = [];
  expect(await releasing(open, async () => open.push(...used))).toBe(2);
  expect(released).toEqual([0, 1]);
});
