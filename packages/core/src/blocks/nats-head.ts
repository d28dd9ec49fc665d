/** @file The classifier of NATS-Bench's networks: batch normalisation, ReLU, global pooling, a linear layer (arXiv 2009.00437). */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { head } from "./head.js";
import { batchNorm2d, relu } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The classifier of NATS-Bench's networks. */
export interface NatsHeadSpec {
  /** Which block it is. */
  readonly kind: "nats-head";
  /** Numbers of the output, one a class. */
  readonly classes: number;
}

const definition: PythonDefinition = {
  name: "Head",
  source: `class Head(nn.Module):
    """Classifier of NATS-Bench's networks: https://arxiv.org/abs/2009.00437"""

    def __init__(self, channels: int, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(x)).mean((2, 3))
        return self.classifier(self.dropout(x))`,
};

export const natsHead: Block<NatsHeadSpec> = {
  kind: "nats-head",
  title: "Head",
  build(b, x, { classes }) {
    return head.build(b, relu(b, batchNorm2d(b, x, "norm"), "act"), { kind: "head", classes });
  },
  pytorch: (_spec, input) => ({ definition, args: [String(dimension(input, 1)), "num_classes", "dropout"] }),
};
