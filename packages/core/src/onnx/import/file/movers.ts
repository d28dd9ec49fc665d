/** @file Operators of ONNX that give the numbers that they are given in other places or another type; Resize, where it says so, between two. */

export const movers: readonly string[] = [
  "Cast",
  "Concat",
  "DepthToSpace",
  "Flatten",
  "Gather",
  "Identity",
  "Pad",
  "Reshape",
  "Resize",
  "Slice",
  "SpaceToDepth",
  "Split",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
  "Upsample",
];
