/** @file Flow rules that several operators have. */

import type { FlowRule } from "./flow.js";

/** The identity: the first operand's signal and gradient pass unchanged. */
export const passes: FlowRule = {
  forward: ([x]) => [x],
  backward: (_, [g]) => [g],
};
