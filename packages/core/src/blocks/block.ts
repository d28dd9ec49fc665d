/**
 * @file What a block is: a spec (plain data, its identity), a rule that builds its graph, and its module of PyTorch. A block has
 * one input and one output, so that networks are chains of blocks and each block's graph can run by itself.
 */

import type { Builder, Tensor } from "../graph/builder.js";
import type { Shape } from "../graph/graph.js";
import type { PyTorchModule } from "./pytorch.js";

/** A kind of block: how its graph is built from a spec, and which module of PyTorch it is. */
export interface Block<S extends { readonly kind: string }> {
  /** Name of the block, which its specs have. */
  readonly kind: S["kind"];
  /** What the block is called in tables and figures. */
  readonly title: string;
  /** Adds the block to a graph. Shapes: `[N, C, H, W]` in; the output is the block's own affair. */
  build(b: Builder, x: Tensor, spec: S): Tensor;
  /**
   * The block as a module of PyTorch, whose parameters have the names that `build` gives them.
   * @param input - Shape of what comes in.
   */
  pytorch(spec: S, input: Shape): PyTorchModule;
}

/** One of several things in a row that a block is made of. */
export interface BlockPart {
  /** What it hangs on: parts of equal data on equal inputs are the same, whatever block they are of. */
  readonly data: object;
  build(b: Builder, x: Tensor): Tensor;
}
