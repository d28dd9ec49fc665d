import { describe, expect, test } from "vitest";
import { pluginDifference } from "./presence.js";

const [a, b] = [
  { name: "a.mjs", digest: "aaaa" },
  { name: "b.mjs", digest: "bbbb" },
];
const identity = (...plugins: { name: string; digest: string }[]) => ({
  program: ["0.1.0+12345678", ...plugins.map(({ digest }) => digest).toSorted()].join("+"),
  plugins,
});

describe("a worker and a search of one version", () => {
  test.each([
    [identity(), identity(a), "the search needs the plugin a.mjs (digest aaaa), which the worker has not loaded"],
    [identity(b), identity(a, b), "the search needs the plugin a.mjs (digest aaaa), which the worker has not loaded"],
    [identity({ ...a, digest: "cccc" }), identity(a), /a\.mjs \(digest aaaa\), which the worker has with digest cccc$/],
    [identity(a), identity(), "the worker has loaded the plugin a.mjs (digest aaaa), which the search has not"],
    [identity(a, b), identity(b, a), undefined],
  ])("say in which plugin they differ: %j, %j", (worker, asker, words) => {
    const given = pluginDifference(worker, asker);
    if (words instanceof RegExp) expect(given).toMatch(words);
    else expect(given).toBe(words);
  });

  test("differ in no plugin where the versions differ", () => {
    expect(pluginDifference(identity(a), { program: "0.2.0+12345678" })).toBeUndefined();
  });
});
