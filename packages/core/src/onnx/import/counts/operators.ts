/**
 * @file Which operators multiply and accumulate: those of ONNX up to opset 28, and of ONNX Runtime's own domains. What is in no list
 * here, such as an operator of a file's own domain, may do so.
 * https://github.com/onnx/onnx/blob/main/docs/Operators.md
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

import type { NodeProto } from "onnx-buf";

/** Domains of layouts that ONNX Runtime gives to operators of ONNX. */
const layouts = new Set(["com.microsoft.nchwc", "com.ms.internal.nhwc"]);

/** `Conv`; with the domain before it where that is not ONNX's: `com.microsoft.QGemm`. */
export function operatorName({ domain, opType }: Pick<NodeProto, "domain" | "opType">): string {
  return domain === "" || domain === "ai.onnx" || layouts.has(domain) ? opType : `${domain}.${opType}`;
}

function words(text: string, prefix = ""): readonly string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => prefix + word);
}

/** Operators whose multiply-accumulates are those of the graphs that they hold. */
export const withBodies: ReadonlySet<string> = new Set(["If", "Loop", "Scan", "SequenceMap"]);

/**
 * Operators without multiply-accumulates: element by element, moves, comparisons, sums; and normalisations, poolings and
 * interpolations, of which no count is usual.
 */
export const withoutMacs: ReadonlySet<string> = new Set([
  ...words(`
    Abs Acos Acosh Add Affine And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Bernoulli BitCast
    BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im
    Compress Concat ConcatFromSequence Constant ConstantOfShape Cos Cosh Crop CumProd CumSum DepthToSpace DequantizeLinear
    Div Dropout DynamicQuantizeLinear DynamicSlice Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements
    GatherND Gelu GivenTensorFill GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
    GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity ImageDecoder ImageScaler
    InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization
    LpPool Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg
    NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or PRelu
    Pad ParametricSoftplus Pow QuantizeLinear RMSNormalization RandomNormal RandomNormalLike RandomUniform RandomUniformLike
    Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round ScaledTanh Scatter
    ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength
    Shape Shrink Sigmoid Sign SimplifiedLayerNormalization Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus
    Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub Sum SwiGLU Swish
    Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
    ReorderInput ReorderOutput`),
  ...words(
    `
    ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder Normalizer
    OneHotEncoder Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap`,
    "ai.onnx.ml.",
  ),
  ...words("Adagrad Adam Momentum", "ai.onnx.preview.training."),
  ...words(
    `
    BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BifurcationDetector BitmaskBiasDropout BitmaskDropout ComplexMul
    ComplexMulConj CropAndResize DequantizeBFP DequantizeLinear DequantizeWithOrder DynamicTimeWarping
    EmbedLayerNormalization ExpandDims FastGelu GatedAdd GatedRMSNorm GatherBlockQuantized GatherND Gelu
    GemmaRotaryEmbedding GridSample GroupNorm IsAllFinite MRotaryEmbedding MaxpoolWithMask MulInteger MurmurHash3
    NGramHashMapping NGramRepeatBlock NhwcMaxPool Pad QEmbedLayerNormalization QLinearAdd QLinearAveragePool QLinearConcat
    QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere
    QOrderedGelu QOrderedLayerNormalization QuantizeBFP QuantizeLinear QuantizeWithOrder QuickGelu Range ReduceSumInteger
    RelativePositionBias RemovePadding RestorePadding RotaryEmbedding SkipGroupNorm SkipLayerNormalization
    SkipSimplifiedLayerNormalization Tokenizer TorchEmbedding Trilu UnfoldTensor Unique VarlenNGramHashMapping`,
    "com.microsoft.",
  ),
]);

/** Operators that multiply and accumulate, or run another network, and are not counted. */
export const uncounted: ReadonlySet<string> = new Set([
  ...words(`
    ATen AffineGrid Attention CausalConvWithState DFT Det GRU GRUUnit LSTM LinearAttention RNN STFT`),
  ...words("LinearClassifier LinearRegressor SVMClassifier SVMRegressor", "ai.onnx.ml."),
  "ai.onnx.preview.FlexAttention",
  "ai.onnx.preview.training.Gradient",
  ...words(
    `
    Attention AttnLSTM BeamSearch CDist CausalConvWithState DecoderAttention DecoderMaskedMultiHeadAttention
    DecoderMaskedSelfAttention DynamicQuantizeLSTM EPContext EngramGate GatedDeltaNet GatedRelativePositionBias GreedySearch
    GroupQueryAttention Inverse Irfft LinearAttention LinearAttentionGate LongformerAttention MatMulNBitsMlp MatMulNBitsQkv
    MoE MultiHeadAttention PackedAttention PackedMultiHeadAttention PagedAttention QAttention QMoE QOrderedAttention
    QOrderedLongformerAttention Rfft SampleOp Sampling Snpe SparseAttention SparseToDenseMatMul VarlenCausalConvWithState
    WhisperBeamSearch WordConvEmbedding`,
    "com.microsoft.",
  ),
]);
