/** @file The specs of our own blocks: what a space gives for each block that it lays. Public as the namespace `specs`. */

import type { BasicBlockSpec } from "./basic-block.js";
import type { ConvNormSpec } from "./conv-norm.js";
import type { ConvNextSpec } from "./convnext.js";
import type { DownsampleSpec } from "./downsample.js";
import type { EncoderSpec } from "./encoder.js";
import type { HeadSpec } from "./head.js";
import type { IbnSpec } from "./ibn.js";
import type { InvertedResidualSpec } from "./inverted-residual.js";
import type { MaxPoolSpec } from "./max-pool.js";
import type { MbconvSpec } from "./mbconv.js";
import type { MobileVitSpec } from "./mobilevit.js";
import type { Nasbench101CellSpec } from "./nasbench101-cell.js";
import type { Nasbench101StemSpec } from "./nasbench101-stem.js";
import type { NatsCellSpec } from "./nats-cell.js";
import type { NatsHeadSpec } from "./nats-head.js";
import type { NatsReductionSpec } from "./nats-reduction.js";
import type { NatsStemSpec } from "./nats-stem.js";
import type { NormHeadSpec } from "./norm-head.js";
import type { PatchTokensSpec } from "./patch-tokens.js";
import type { PatchesSpec } from "./patches.js";
import type { ProjectionSpec } from "./projection.js";
import type { SdtaSpec } from "./sdta.js";
import type { ShuffleUnitSpec } from "./shuffle-unit.js";
import type { TokenHeadSpec } from "./token-head.js";
import type { TransformerSpec } from "./transformer.js";

export type { BasicBlockSpec } from "./basic-block.js";
export type { ConvNormSpec } from "./conv-norm.js";
export type { ConvNextSpec } from "./convnext.js";
export type { CustomKind, CustomSpec } from "./custom.js";
export type { DownsampleSpec } from "./downsample.js";
export type { EncoderSpec } from "./encoder.js";
export type { HeadSpec } from "./head.js";
export type { IbnSpec } from "./ibn.js";
export type { InvertedResidualSpec } from "./inverted-residual.js";
export type { Activation } from "./layers.js";
export type { MaxPoolSpec } from "./max-pool.js";
export type { MbconvSpec } from "./mbconv.js";
export type { MobileVitSpec } from "./mobilevit.js";
export type { Nasbench101Cell, Nasbench101CellSpec, Nasbench101Operation } from "./nasbench101-cell.js";
export type { Nasbench101StemSpec } from "./nasbench101-stem.js";
export type { NatsCellSpec, NatsOperation } from "./nats-cell.js";
export type { NatsHeadSpec } from "./nats-head.js";
export type { NatsReductionSpec } from "./nats-reduction.js";
export type { NatsStemSpec } from "./nats-stem.js";
export type { NormHeadSpec } from "./norm-head.js";
export type { PatchTokensSpec } from "./patch-tokens.js";
export type { PatchesSpec } from "./patches.js";
export type { ProjectionSpec } from "./projection.js";
export type { SdtaSpec } from "./sdta.js";
export type { ShuffleUnitSpec } from "./shuffle-unit.js";
export type { TokenHeadSpec } from "./token-head.js";
export type { TransformerSpec } from "./transformer.js";

/** The spec of one of our own blocks; `kind` says which. */
export type BuiltInSpec =
  | BasicBlockSpec
  | ConvNormSpec
  | ConvNextSpec
  | DownsampleSpec
  | EncoderSpec
  | HeadSpec
  | IbnSpec
  | InvertedResidualSpec
  | MaxPoolSpec
  | MbconvSpec
  | MobileVitSpec
  | Nasbench101CellSpec
  | Nasbench101StemSpec
  | NatsCellSpec
  | NatsHeadSpec
  | NatsReductionSpec
  | NatsStemSpec
  | NormHeadSpec
  | PatchTokensSpec
  | PatchesSpec
  | ProjectionSpec
  | SdtaSpec
  | ShuffleUnitSpec
  | TokenHeadSpec
  | TransformerSpec;
