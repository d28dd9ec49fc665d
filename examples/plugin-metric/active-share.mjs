// A metric: the share of what enters the nonlinearities that is above zero. At 0.5 a layer splits its inputs evenly.
import { defineMetric, elements, forwardOptions, nonlinearitiesOf, scoreOf, z } from "@esnas/core/plugin";

export const activeShare = defineMetric({
  contract: {
    name: "active-share",
    summary: "mean share of pre-activations above zero",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    sizeless: true, // wider and deeper is not better by itself
    counts: "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish); not softmax",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network",
    source: "an example",
    significantDigits: 5,
  },
  options: z.strictObject(forwardOptions({ batch: 4, resolution: 64 })),
  create: (input) => ({
    input,
    // Added to the graph of each block, so that one number a layer leaves the runtime.
    observe: (b, graph) =>
      nonlinearitiesOf(graph).map(({ node, pre }) => {
        const at = `${node}/active`;
        const isActive = b.node("Sign", at, [b.node("Relu", at, [pre])]);
        const axes = b.constant(
          `${at}/axes`,
          "int64",
          pre.shape.map((_, axis) => axis),
        );
        return { size: elements(pre.shape), tensors: [b.node("ReduceSum", at, [isActive, axes])] };
      }),
    reduce: (layers) => {
      const shares = layers.map(({ size, values: [active] }) => active.data[0] / (size * input.batch));
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      return scoreOf(mean, "the network has no nonlinearity");
    },
  }),
});
