// The hybrid space with the block of ghost.mjs as a further kind, for images of 64 pixels.
import { defineSpace, hybridDefaults, hybridSpace } from "@esnas/core/plugin";

const stages = hybridDefaults.stages.map((stage) => ({ ...stage, kinds: [...stage.kinds, "acme/ghost"] }));

export const ghostHybrid = defineSpace({
  name: "ghost-hybrid",
  summary: "the hybrid space with ghost bottlenecks",
  create: (options) => hybridSpace({ input: [3, 64, 64], classes: 100, stages, ...options }),
});
