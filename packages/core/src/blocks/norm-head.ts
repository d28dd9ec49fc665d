/** @file The classifier of ConvNeXt and EdgeNeXt: global average pooling, layer normalisation, a linear layer. */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { layerNorm2d, linear } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** Global average pooling, a layer normalisation and a linear classifier. */
export interface NormHeadSpec {
  /** Which block it is. */
  readonly kind: "norm-head";
  /** Numbers of the output, one a class. */
  readonly classes: number;
}

const definition: PythonDefinition = {
  name: "Head",
  source: `class Head(nn.Module):
    """Classifier: global average pooling, normalisation, dropout, a linear layer."""

    def __init__(self, channels: int, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.norm(x.mean((2, 3)))))`,
};

export const normHead: Block<NormHeadSpec> = {
  kind: "norm-head",
  title: "Head",
  build(b, x, { classes }) {
    const pooled = layerNorm2d(b, b.node("GlobalAveragePool", "pool", [x]), "norm");
    return linear(b, b.node("Flatten", "flatten", [pooled]), "classifier", classes);
  },
  pytorch: (_spec, input) => ({ definition, args: [String(dimension(input, 1)), "num_classes", "dropout"] }),
};
