/** @file The classifier: global average pooling and a linear layer. */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { linear } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** Global average pooling and a linear classifier. */
export interface HeadSpec {
  /** Which block it is. */
  readonly kind: "head";
  /** Numbers of the output, one a class. */
  readonly classes: number;
}

const headModule: PythonDefinition = {
  name: "Head",
  source: `class Head(nn.Module):
    """Classifier: global average pooling, dropout, a linear layer."""

    def __init__(self, channels: int, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.dropout(x.mean((2, 3))))`,
};

export const head: Block<HeadSpec> = {
  kind: "head",
  title: "Head",
  build(b, x, { classes }) {
    const pooled = b.node("Flatten", "pool", [b.node("GlobalAveragePool", "pool", [x])]);
    return linear(b, pooled, "classifier", classes);
  },
  pytorch(_spec, input) {
    return { definition: headModule, args: [`${dimension(input, 1)}`, "num_classes", "dropout"] };
  },
};
