/** @file All models. A family is one file beside this one, and one line here. */

import { unknownName } from "../errors.js";
import { convnext } from "./convnext.js";
import { deit } from "./deit.js";
import { edgenext } from "./edgenext.js";
import { mobilenetv2 } from "./mobilenetv2.js";
import { mobilevit } from "./mobilevit.js";
import type { Model } from "./model.js";
import { resnet } from "./resnet.js";
import { shufflenetv2 } from "./shufflenetv2.js";

export const models: readonly Model[] = [
  ...mobilenetv2,
  ...resnet,
  ...shufflenetv2,
  ...edgenext,
  ...mobilevit,
  ...convnext,
  ...deit,
];

/** The names that a model goes by: its own, and that of its publication with or without the weights. */
function namesOf({ name, published }: Model): readonly string[] {
  return published === undefined ? [name] : [name, published.name, published.name.replace(/\..*/, "")];
}

/**
 * The model of a name: `edgenext_s`, or timm's `edgenext_small`.
 * @throws {InputError} where there is none.
 */
export function modelNamed(name: string): Model {
  const model = models.find((candidate) => namesOf(candidate).includes(name));
  if (model === undefined) {
    throw unknownName(
      "model",
      name,
      models.map((candidate) => candidate.name),
    );
  }
  return model;
}
