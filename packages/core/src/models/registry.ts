/** @file All models. A family is one file beside this one, and one line here. */

import { checkText } from "../base/argument.js";
import { unknownName } from "../base/errors.js";
import { convnext, furtherConvnext } from "./convnext.js";
import { deit, furtherDeit } from "./deit.js";
import { edgenext, furtherEdgenext } from "./edgenext.js";
import { esformer } from "./esformer.js";
import { furtherMobilenetv2, mobilenetv2 } from "./mobilenetv2.js";
import { mobilevit } from "./mobilevit.js";
import type { Model } from "./model.js";
import { furtherResnet, resnet } from "./resnet.js";
import { furtherShufflenetv2, shufflenetv2 } from "./shufflenetv2.js";

/** Published mobile networks, and the ESFormer family. */
export const models: readonly Model[] = [
  ...esformer,
  ...mobilenetv2,
  ...resnet,
  ...shufflenetv2,
  ...edgenext,
  ...mobilevit,
  ...convnext,
  ...deit,
];

/** Other sizes of the same families, which studies need: eleven models say little of a metric. */
export const furtherModels: readonly Model[] = [
  ...furtherMobilenetv2,
  ...furtherResnet,
  ...furtherShufflenetv2,
  ...furtherEdgenext,
  ...furtherConvnext,
  ...furtherDeit,
];

/** The names that a model goes by: its own, and that of its publication with or without the weights. */
function namesOf({ name, published }: Model): readonly string[] {
  return published === undefined ? [name] : [name, published.name, published.name.replace(/\..*/, "")];
}

/**
 * The model of a name: `edgenext_s`, or timm's `edgenext_small`.
 * @throws {@link InputError} where there is none.
 */
export function modelNamed(name: string): Model {
  checkText('modelNamed: "name"', name, "the name of a model such as resnet18");
  const all = [...models, ...furtherModels];
  const model = all.find((candidate) => namesOf(candidate).includes(name));
  if (model === undefined) {
    throw unknownName(
      "model",
      name,
      all.map((candidate) => candidate.name),
    );
  }
  return model;
}
