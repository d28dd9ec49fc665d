/**
 * @file The PyTorch side of blocks: what a block says of its module, and the definitions that several blocks share. Sources are
 * as black formats them.
 */

/** A class or a function at the top of a Python file. */
export interface PythonDefinition {
  /** Name of the class or function. */
  readonly name: string;
  /** Without a blank line at either end; empty for what PyTorch itself has. May use `torch`, `nn`, `Tensor`, `F`, `math`, `Callable`, `Optional`, `Tuple`, `OrderedDict`. */
  readonly source: string;
  /** Definitions that have to stand before it. */
  readonly uses?: readonly PythonDefinition[];
}

/** A module of PyTorch: its class and the arguments of its constructor. */
export interface PyTorchModule {
  /** The class. Modules of equal definitions share it. */
  readonly definition: PythonDefinition;
  /**
   * Arguments of its constructor, in order; the classifier's may name `num_classes` and `dropout`, arguments of the network.
   */
  readonly args: readonly string[];
  /** True if the constructor takes `drop_path` as well, the rate of stochastic depth. */
  readonly dropsPath?: boolean;
}

/** Stochastic depth (Huang et al. 2016, arXiv 1603.09382). */
export const dropPath: PythonDefinition = {
  name: "DropPath",
  source: `class DropPath(nn.Module):
    """Stochastic depth: leaves a branch out for some of the samples, while training.

    https://arxiv.org/abs/1603.09382
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0.0:
            return x
        shape = (len(x),) + (1,) * (x.dim() - 1)
        kept = torch.rand(shape, device=x.device) >= self.rate
        return x * kept / (1.0 - self.rate)`,
};

/** What `layerNorm2d` of `layers.ts` is. */
export const layerNorm: PythonDefinition = {
  name: "LayerNorm2d",
  source: `class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation of every position of a feature map over its channels."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)`,
};

/** What `layerScale` of `layers.ts` is. */
export const layerScaleModule: PythonDefinition = {
  name: "LayerScale",
  source: `class LayerScale(nn.Module):
    """A factor for each channel of a branch: https://arxiv.org/abs/2103.17239"""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma`,
};

/** The nonlinearities of `layers.ts`, as functions. */
export const activationFunctions = { relu: "F.relu", relu6: "F.relu6", silu: "F.silu", gelu: "F.gelu" } as const;
