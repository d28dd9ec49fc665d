/** @file The image that `describe`, `score` and `latency` take a file to have: the same for all three, with and without `--size`. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectRefusal, REPOSITORY, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const fixture = (name: string) => join(REPOSITORY, "test/fixtures/onnx", name);

async function inputsOf(file: string, ...flags: readonly string[]) {
  const commands = [
    ["describe", file, "--json", ...flags],
    ["score", file, "--metrics", "macs", "--json", ...flags],
    ["latency", file, "--runs", "1", "--warm-up", "0", "--json", ...flags],
  ];
  const [described, scored, timed] = await Promise.all(commands.map((line) => stdoutOf(cwd, ...line)));
  return {
    describe: JSON.parse(described ?? "").input,
    score: JSON.parse(scored ?? "").input,
    latency: JSON.parse(timed ?? "").networks[0].input,
  };
}

const alike = (input: readonly number[]) => ({ describe: input, score: input, latency: input });

describe("the image of a file", () => {
  test.each<[string, string, readonly number[]]>([
    ["nhwc-open-size.onnx", "", [1, 224, 224, 3]],
    ["nhwc-open-size.onnx", "--size 64", [1, 64, 64, 3]],
    ["nhwc-open-size.onnx", "--size 64x32", [1, 64, 32, 3]],
    ["grey-open-channel.onnx", "", [1, 1, 224, 224]],
    ["grey-open-channel.onnx", "--size 48x96", [1, 1, 48, 96]],
    ["uint8-input.onnx", "", [1, 3, 32, 32]],
  ])("is the same to all commands: %s %s", async (name, flags, input) => {
    expect(await inputsOf(fixture(name), ...flags.split(" ").filter(Boolean))).toEqual(alike(input));
  });

  test("is timed with the batch that the file fixes, and described at one", async () => {
    expect(await inputsOf(fixture("batch-4.onnx"))).toEqual({
      describe: [1, 3, 32, 32],
      score: [1, 3, 32, 32],
      latency: [4, 3, 32, 32],
    });
  });
});

test.each([
  ["describe", "--size 64x32x3", /--size takes 224 or 224x320, was given "64x32x3": write height x width/],
  ["score", "--size x64", /--size takes a whole number from 1 to 4096, was given ""/],
  ["latency", "--size 64x9999", /--size takes a whole number from 8 to 4096, was given "9999"/],
  ["latency", "--batch 2 --runs 1", /fixed length of 4 where --batch asks for 2/],
  ["export", "--onnx other.onnx", /is an ONNX file: export writes genotypes, runs and published models/],
])("%s of a file with %s is refused in a line", async (command, flags, reason) => {
  await expectRefusal(cwd, [command, fixture("batch-4.onnx"), ...flags.split(" ")], reason);
});
