/**
 * @file `npm run study -- trainings`: writes the networks that are trained, as PyTorch sources for the training recipe, and
 * `results/trainings/networks.csv` and `rivals.csv`, which say what each of them is.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { architectureCosts, jsonText, pytorchSource, toJson } from "@esnas/core/internal";
import { writeResults } from "../common/results.js";
import { drawNetworks } from "./networks.js";
import { rivals } from "./rivals.js";

export function trainings({ out }: { readonly out: string }): void {
  const networks = drawNetworks();
  const rows = networks.map(({ name, set, half, space, genotype }) => {
    const architecture = space.build(genotype);
    const folder = join(out, `${set}-${half}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.py`), pytorchSource(architecture, { genotype: toJson(space, genotype) }));
    const { parameters, macs } = architectureCosts(architecture);
    return { name, set, half, parameters, macs, genotype: jsonText(space, genotype) };
  });
  writeResults("trainings/networks", rows);
  const byHand = writeRivals(join(out, "rivals"));
  process.stdout.write(`${out}: ${networks.length + byHand} PyTorch sources\n`);
}

function writeRivals(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const rows = rivals().map(({ name, family, base, width, stemStride, architecture }) => {
    writeFileSync(join(folder, `${name}.py`), pytorchSource(architecture));
    const { parameters, macs } = architectureCosts(architecture);
    return { name, set: "rivals", family, base, width, stemStride, parameters, macs };
  });
  writeResults("trainings/rivals", rows);
  return rows.length;
}
