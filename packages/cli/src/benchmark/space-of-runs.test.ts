import { groundTruthOf, spaceOf } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { spaceText } from "./score-store.js";
import { spaceOfRuns } from "./space-of-runs.js";

describe("the space of runs", () => {
  const spaceFor = (name: string, dataset: string) => spaceOf(name, groundTruthOf(name)?.spaceOptions(dataset));

  test.each(["nats-topology", "nats-size"])("of %s on CIFAR-100 is CIFAR-10's, of other datasets their own", (name) => {
    const text = (dataset: string) => spaceText(spaceOfRuns(spaceFor(name, dataset)));
    expect(text("c100")).toBe(text("c10"));
    expect(text("c10")).toBe(spaceText(spaceFor(name, "c10")));
    expect(text("in16")).toBe(spaceText(spaceFor(name, "in16")));
    expect(text("in16")).not.toBe(text("c10"));
  });
});
