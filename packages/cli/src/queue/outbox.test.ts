import { setImmediate as afterImmediates } from "node:timers/promises";
import type { Genotype } from "@esnas/core/internal";
import { expect, test } from "vitest";
import { Outbox } from "./outbox.js";
import type { PendingNetwork } from "./pending.js";

function network(genotype: Genotype, kind: string, deaths = 0): PendingNetwork {
  const task = { space: { name: "made-up", options: { kind } }, genotypes: [], columns: [] };
  return { genotype, task, kind, deaths, failures: 0, resolve: () => {}, reject: () => {} };
}

function sending() {
  const sent: (readonly Genotype[])[][] = [];
  const outbox = new Outbox({
    batchSize: (kind) => (kind === "cheap" ? 3 : 1),
    send: (batches) => sent.push(batches.map(({ task }) => task.genotypes)),
  });
  return { outbox, sent };
}

test("what is put at once is sent at once, in batches of one kind and its size", async () => {
  const { outbox, sent } = sending();
  for (let i = 0; i < 4; i++) outbox.put(network([i], "cheap"));
  for (let i = 4; i < 6; i++) outbox.put(network([i], "dear"));
  expect(sent).toEqual([]);
  await afterImmediates();
  expect(sent).toEqual([[[[0], [1], [2]], [[3]], [[4]], [[5]]]]);
  outbox.put(network([6], "cheap"));
  await afterImmediates();
  expect(sent.slice(1)).toEqual([[[[6]]]]);
});

test("a network of which a process has died goes alone, whatever fits into a batch", async () => {
  const { outbox, sent } = sending();
  outbox.put(network([0], "cheap"));
  outbox.put(network([1], "cheap", 1));
  outbox.put(network([2], "cheap"));
  await afterImmediates();
  expect(sent).toEqual([[[[1]], [[0], [2]]]]);
});

test("what is taken out is not sent", async () => {
  const { outbox, sent } = sending();
  outbox.put(network([0], "cheap"));
  expect(outbox.takeAll().map(({ genotype }) => genotype)).toEqual([[0]]);
  await afterImmediates();
  expect(sent.flat()).toEqual([]);
});
