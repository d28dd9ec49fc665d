/** @file How a block looks: a box in the colour of its kind that says kind and sizes. */

import { big } from "../../base/numbers.js";
import { blocks } from "../../blocks/registry.js";
import { type BlockDescription, type FfnKind, isDownsample } from "../describe.js";
import { type Rectangle, TAPER } from "./layout.js";
import { polygon, rectangle } from "./shapes.js";
import { element, type SvgElement } from "./svg.js";
import { textAt, textWidth } from "./text.js";
import { paintOf } from "./theme.js";

const RADIUS = 5;
/** Between a box and its text, at the sides and where it stands in the middle. */
const INSET = 10;
const CENTRED_INSET = 4;
/** How much wider than Helvetica a font may be that stands in for it: DejaVu Sans, on many a Linux. */
const WIDER = 1.2;
/** Of an encoder around its feed-forward network. */
const FRAME = 3;

/** A block in its box, with all that is known of it as the text that appears under the pointer. */
export function drawBlock(block: BlockDescription, box: Rectangle): SvgElement {
  return element("g", { class: "block", "data-block": block.name, "data-kind": block.kind }, [
    element("title", {}, detailsOf(block)),
    ...drawBody(block, box),
  ]);
}

function drawBody(block: BlockDescription, box: Rectangle): SvgElement[] {
  if (block.ffn !== undefined) return drawEncoder(block, block.ffn, box);
  if (block.kind === "downsample" || block.kind === "patches") return drawTransition(block, box);
  return [rectangle(box, paintOf(block.kind), RADIUS), ...labels(box, block.title, sizesOf(block))];
}

/** Attention above, the feed-forward network below, in the colour of the block that it is. */
function drawEncoder(block: BlockDescription, ffn: FfnKind, box: Rectangle): SvgElement[] {
  const upper = { ...box, height: box.height / 2 };
  const lower = { ...upper, y: box.y + upper.height, height: upper.height - FRAME };
  return [
    rectangle(box, paintOf(block.kind), RADIUS),
    ...labels(upper, block.title, `QKV ${block.qkvDim}`, "on-transformer"),
    rectangle({ ...lower, x: box.x + FRAME, width: box.width - 2 * FRAME }, paintOf(ffn), RADIUS - 2),
    ...labels(lower, `${blocks[ffn].title} FFN`, sizesOf(block)),
  ];
}

/** Wide above and narrow below, as the feature map that passes. */
function drawTransition(block: BlockDescription, box: Rectangle): SvgElement[] {
  const { x, y, width, height } = box;
  const outline = polygon("plain", [
    [x, y],
    [x + width, y],
    [x + width - TAPER, y + height],
    [x + TAPER, y + height],
  ]);
  const title = isDownsample(block) ? block.title : "Patches";
  return [outline, ...labels(box, `${title}, stride ${block.stride}`, "")];
}

/** The kind at the left and the sizes at the right, or the kind alone in the middle. */
export function labels(box: Rectangle, kind: string, sizes: string, paint = "ink"): SvgElement[] {
  const [left, right, y] = [box.x + INSET, box.x + box.width - INSET, box.y + box.height / 2];
  if (sizes === "") {
    return [
      textAt((left + right) / 2, y, kind, "text", { anchor: "middle", width: box.width - 2 * CENTRED_INSET, paint }),
    ];
  }
  const width = right - left - textWidth(`${sizes} `, "text");
  const isFixed = WIDER * textWidth(`${kind} ${sizes}`, "label") > right - left;
  return [
    textAt(left, y, kind, "label", { width, isFixed, paint }),
    textAt(right, y, sizes, "text", { anchor: "end", isFixed, paint }),
  ];
}

function sizesOf({ kernel, expansion }: BlockDescription): string {
  const texts = [kernel === undefined ? [] : `${kernel}×${kernel}`, expansion === undefined ? [] : `e${expansion}`];
  return texts.flat().join(" · ");
}

function detailsOf(block: BlockDescription): string {
  const { name, title, output, parameters, macs } = block;
  const place = name === "" ? title : `${name}: ${title}`;
  return `${place}, output ${output.slice(1).join(" × ")}, ${big(parameters)} parameters, ${big(macs)} MACs`;
}
