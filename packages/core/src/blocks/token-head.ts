/** @file The classifier of ViT and DeiT: layer normalisation, a linear layer on the class token (arXiv 2010.11929). */

import { GraphError } from "../base/errors.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { linear } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";
import { layerNormTokens } from "./tokens.js";

/** A classifier of tokens `[1, L, C]`. */
export interface TokenHeadSpec {
  /** Which block it is. */
  readonly kind: "token-head";
  /** Numbers of the output, one a class. */
  readonly classes: number;
}

const definition: PythonDefinition = {
  name: "Head",
  source: `class Head(nn.Module):
    """Classifier of the class token: normalisation, dropout, a linear layer."""

    def __init__(self, channels: int, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.norm(x[:, 0])))`,
};

export const tokenHead: Block<TokenHeadSpec> = {
  kind: "token-head",
  title: "Head",
  build(b, x, { classes }) {
    const normal = layerNormTokens(b, x, "norm", 1e-6);
    const lengths = b.constant("class_token/lengths", "int64", [1, dimension(x.shape, 1) - 1]);
    const [first] = b.nodes("Split", "class_token", [normal, lengths], 2, { axis: 1 });
    if (first === undefined) throw new GraphError("a split gives what it splits");
    return linear(b, b.node("Flatten", "class_token", [first]), "classifier", classes);
  },
  pytorch: (_spec, input) => ({ definition, args: [String(dimension(input, 2)), "num_classes", "dropout"] }),
};
