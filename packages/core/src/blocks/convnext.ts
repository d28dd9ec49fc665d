/**
 * @file The ConvNeXt block (Liu et al. 2022, arXiv 2201.03545): depthwise convolution, layer normalisation over channels,
 * 1 x 1 expansion, GELU, 1 x 1 projection, a residual around all. Without layer scale, as in our trained references, unless
 * it is asked for, as in the published models.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { depthwise, gelu, layerNorm2d, layerScale, pointwise, residual } from "./layers.js";

export interface ConvNextSpec {
  readonly kind: "convnext";
  readonly kernel: number;
  readonly expansion: number;
  readonly layerScale?: true;
}

export const convnext: Block<ConvNextSpec> = {
  kind: "convnext",
  title: "ConvNeXt",
  build(b, x, { kernel, expansion, layerScale: isScaled }) {
    const width = dimension(x.shape, 1);
    let y = layerNorm2d(b, depthwise(b, x, "depthwise", kernel, true), "norm");
    y = gelu(b, pointwise(b, y, "expand", width * expansion, true), "act");
    y = pointwise(b, y, "project", width, true);
    return residual(b, x, isScaled ? layerScale(b, y, "layer_scale") : y, "residual");
  },
};
