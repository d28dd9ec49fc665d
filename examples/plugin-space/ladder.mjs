// A space: depth, width and kernel of a plain network of inverted bottlenecks, for images of 32 pixels.
import { defineSpace } from "@esnas/core/plugin";

export const ladder = defineSpace({
  name: "ladder",
  summary: "plain networks of inverted bottlenecks",
  input: [3, 32, 32],
  classes: 10,
  genes: {
    kind: { role: "topology", values: ["ibn", "convnext"] },
    depth: { role: "size", values: [1, 2, 3, 4, 6, 8] },
    width: { role: "size", values: [16, 24, 32, 48, 64] },
    kernel: { role: "size", values: [3, 5, 7] },
  },
  build: ({ kind, depth, width, kernel }, { classes }) => [
    { name: "stem", spec: { kind: "downsample", stride: 2, width } },
    ...Array.from({ length: depth }, (_, i) => ({
      name: `stages.0.blocks.${i}`,
      spec: { kind, kernel, expansion: 3 },
    })),
    { name: "head", spec: { kind: "head", classes } },
  ],
});
