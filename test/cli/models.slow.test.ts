/** @file `esnas models`, and published models in the other commands. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decode, esformer, models } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { esnas, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();

describe("esnas models", () => {
  test("lists every model with parameters, MACs, input, accuracy and scores, and says on stderr how far it is", async () => {
    const { code, stdout, stderr } = await esnas(cwd, "models");
    expect(code).toBe(0);
    const [head = "", ...rows] = stdout.trimEnd().split("\n");
    expect(head.split(/ {2,}/)).toEqual(
      "model designed parameters MACs input top-1 entropic-score logsynflow naswot".split(" "),
    );
    expect(rows.map((row) => row.split(" ")[0])).toEqual(models.map(({ name }) => name));
    expect(stdout).toMatch(
      /^edgenext_s +by hand +5\.59 M +1\.25 G +256 +81\.1 +\d\.\d{4} +\d\d\.\d{3} M +[\d.]+( k)?$/m,
    );
    const bySearch = rows.filter((row) => row.includes(" by search ")).map((row) => row.split(" ")[0]);
    expect(bySearch).toEqual(esformer.map(({ name }) => name));
    expect(stderr).toContain(`${models.length} models scored`);
  });

  test("prints JSON with exact counts, what is published, and reasons", async () => {
    const printed = await stdoutOf(cwd, ..."models --metrics macs,meco --json".split(" "));
    const listed = (JSON.parse(printed) as { models: { name: string }[] }).models;
    expect(listed.find(({ name }) => name === "deit_tiny")).toEqual({
      name: "deit_tiny",
      title: "DeiT-Tiny",
      resolution: 224,
      designedBy: "hand",
      published: expect.objectContaining({ top1: 72.19, name: "deit_tiny_patch16_224.fb_in1k" }),
      parameters: 5_717_416,
      macs: 1_253_683_200,
      scores: { macs: 1_253_683_200, meco: { value: null, reason: expect.stringContaining("feature map") } },
    });
  });

  test("lists other sizes too, and no scores where no metric is asked for", async () => {
    const listed = await stdoutOf(cwd, "models", "--all", "--metrics", "none");
    expect(listed).toMatch(/^resnet18 +by hand +11\.7 M +1\.81 G +224 +69\.8$/m);
    expect(listed).toMatch(/^resnet34 +by hand +21\.8 M +3\.66 G +224 +73\.3$/m);
  });
});

describe("a published model", () => {
  test("is scored as genotypes are, by its name or timm's", async () => {
    const score = (name: string) =>
      stdoutOf(cwd, ..."score --metrics parameters,logsynflow --json --model".split(" "), name);
    const printed = await score("edgenext_s");
    expect(JSON.parse(printed)).toEqual({ scores: { parameters: 5_586_832, logsynflow: expect.any(Number) } });
    expect(await score("edgenext_small")).toBe(printed);
  });

  test("is written as a row of a CSV", async () => {
    await stdoutOf(cwd, ..."score --model resnet18 --metrics parameters --csv scores.csv".split(" "));
    expect(readFileSync(join(cwd, "scores.csv"), "utf8")).toBe(
      'index,parameters,genotype\n0,11689512,"{""model"":""resnet18""}"\n',
    );
  });

  test("is described stage by stage", async () => {
    const printed = await stdoutOf(cwd, "describe", "--model", "mobilevit_xxs");
    expect(printed).toMatch(/^stages\.4 +Inverted residual, MobileViT +80 +8 x 8 +3 +2 +96 /m);
    const stages = JSON.parse(await stdoutOf(cwd, "describe", "--model", "deit_tiny", "--json"));
    expect(stages).toMatchObject({ model: "deit_tiny", parameters: 5_717_416, stages: { length: 3 } });
    expect(stages.stages[1]).toMatchObject({ kinds: { encoder: 12 }, depth: 12, width: 192 });
  });

  test("is exported as ONNX that says which it is, and drawn", async () => {
    await stdoutOf(cwd, ..."export --model shufflenetv2_100 --onnx model.onnx --svg model.svg".split(" "));
    expect(decode(readFileSync(join(cwd, "model.onnx"))).metadata).toEqual({
      genotype: '{"model":"shufflenetv2_100"}',
      version: "0.1.0",
      seed: "0",
    });
    expect(existsSync(join(cwd, "model.svg"))).toBe(true);
  });
});
