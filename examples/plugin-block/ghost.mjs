// A block: the inverted bottleneck of GhostNet (Han et al. 2020, arXiv 1911.11907). Half of the channels of each 1 x 1
// convolution come from the convolution itself, the others from a cheap depthwise convolution of the first half.
import { defineBlock, dimension, dropPath, layers } from "@esnas/core/plugin";

const { batchNorm2d, depthwise, pointwise, relu, residual } = layers;

/** `[N, C, H, W]` to `[N, channels, H, W]`, where `channels` is even. */
function ghost(b, x, name, channels) {
  const own = batchNorm2d(b, pointwise(b, x, `${name}.own`, channels / 2, false), `${name}.own_norm`);
  const cheap = batchNorm2d(b, depthwise(b, own, `${name}.cheap`, 3, false), `${name}.cheap_norm`);
  return b.node("Concat", `${name}/join`, [own, cheap], { axis: 1 });
}

const ghostModule = {
  name: "Ghost",
  source: `class Ghost(nn.Module):
    """Half of the channels by a 1 x 1 convolution, half by a depthwise one of those."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        half = out // 2
        self.own = nn.Conv2d(channels, half, 1, bias=False)
        self.own_norm = nn.BatchNorm2d(half)
        self.cheap = nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False)
        self.cheap_norm = nn.BatchNorm2d(half)

    def forward(self, x: Tensor) -> Tensor:
        own = self.own_norm(self.own(x))
        return torch.cat([own, self.cheap_norm(self.cheap(own))], dim=1)`,
};

const bottleneckModule = {
  name: "GhostBottleneck",
  uses: [dropPath, ghostModule],
  source: `class GhostBottleneck(nn.Module):
    """https://arxiv.org/abs/1911.11907"""

    def __init__(
        self, channels: int, kernel: int, expansion: int, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = Ghost(channels, hidden)
        self.depthwise = nn.Conv2d(
            hidden, hidden, kernel, padding=kernel // 2, groups=hidden, bias=False
        )
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.project = Ghost(hidden, channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.expand(x))
        y = self.depthwise_norm(self.depthwise(y))
        return x + self.drop_path(self.project(y))`,
};

export const ghostBottleneck = defineBlock({
  kind: "acme/ghost",
  title: "Ghost",
  colour: "#2f855a",
  build(b, x, { kernel, expansion }) {
    const channels = dimension(x.shape, 1);
    let y = relu(b, ghost(b, x, "expand", channels * expansion), "expand_act");
    y = batchNorm2d(b, depthwise(b, y, "depthwise", kernel, false), "depthwise_norm");
    return residual(b, x, ghost(b, y, "project", channels), "residual");
  },
  pytorch: ({ kernel, expansion }, input) => ({
    definition: bottleneckModule,
    args: [`${dimension(input, 1)}`, `kernel=${kernel}`, `expansion=${expansion}`],
    dropsPath: true,
  }),
  examples: [
    { spec: { kind: "acme/ghost", kernel: 3, expansion: 2 }, input: [1, 8, 12, 8] },
    { spec: { kind: "acme/ghost", kernel: 7, expansion: 3 }, input: [1, 16, 9, 9] },
  ],
});
