/** @file Figures read back with an XML parser: what is drawn, where it stands, and what it says. */

import { DOMParser, type Document, type Element, onErrorStopParsing } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockSpec } from "../blocks/registry.js";
import { type Architecture, architectureCosts, chain, fromGraph, graphOf } from "./architecture.js";
import { type FigureOptions, figureSvg } from "./figure.js";

const ibn: BlockSpec = { kind: "ibn", kernel: 5, expansion: 4 };
const convnext: BlockSpec = { kind: "convnext", kernel: 9, expansion: 3 };
const withIbn: BlockSpec = { kind: "transformer", qkvDim: 64, heads: 4, ffn: { kind: "ibn", kernel: 7, expansion: 6 } };
const withConvnext: BlockSpec = { ...withIbn, ffn: { kind: "convnext", kernel: 7, expansion: 6 } };

function network(stages: readonly (readonly BlockSpec[])[], name = "network", side = 64): Architecture {
  return chain(
    name,
    [1, 3, side, side],
    [
      { name: "stem", spec: { kind: "downsample", stride: 2, width: 8 } },
      ...stages.flatMap((specs, s) => [
        ...(s === 0 ? [] : [{ name: `stages.${s}.downsample`, spec: transition(8 * (s + 1)) }]),
        ...specs.map((spec, i) => ({ name: `stages.${s}.blocks.${i}`, spec })),
      ]),
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

function transition(width: number): BlockSpec {
  return { kind: "downsample", stride: 2, width };
}

const hybrid = network([[ibn], [ibn, convnext], [withIbn, ibn, withConvnext], [convnext]]);

function parse(svg: string): Document {
  return new DOMParser({ onError: onErrorStopParsing }).parseFromString(svg, "image/svg+xml");
}

function figure(architecture: Architecture, options?: FigureOptions): Document {
  return parse(figureSvg(architecture, options));
}

function all(root: Document | Element, tag: string): Element[] {
  return [...root.getElementsByTagName(tag)];
}

function ofClass(root: Document | Element, className: string): Element[] {
  return all(root, "*").filter((element) => element.getAttribute("class")?.split(" ").includes(className));
}

const numbersOf = (text: string | null) => (text?.match(/-?[\d.]+/g) ?? []).map(Number);

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Of a rectangle, polygon, line or path whose coordinates are absolute pairs. */
function boundsOf(shape: Element): Bounds {
  const number = (name: string) => Number(shape.getAttribute(name));
  if (shape.tagName === "rect") {
    const [left, top] = [number("x"), number("y")];
    return { left, top, right: left + number("width"), bottom: top + number("height") };
  }
  const pairs =
    shape.tagName === "line"
      ? ["x1", "y1", "x2", "y2"].map(number)
      : numbersOf(shape.getAttribute(shape.tagName === "path" ? "d" : "points"));
  const [xs, ys] = [pairs.filter((_, i) => i % 2 === 0), pairs.filter((_, i) => i % 2 === 1)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** The outline is the first shape that a group draws. */
function outlineOf(group: Element): Bounds {
  const [shape] = [...all(group, "rect"), ...all(group, "polygon")];
  if (shape === undefined) throw new Error(`${group.getAttribute("data-block")} has no outline`);
  return boundsOf(shape);
}

function overlap(a: Bounds, b: Bounds): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function inside(inner: Bounds, outer: Bounds): boolean {
  return (
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
  );
}

function viewBoxOf(document: Document): Bounds {
  const [left = 0, top = 0, right = 0, bottom = 0] = numbersOf(document.documentElement?.getAttribute("viewBox") ?? "");
  return { left, top, right, bottom };
}

function expectTidy(document: Document, architecture: Architecture): void {
  const viewBox = viewBoxOf(document);
  const shapes = ["rect", "polygon", "path", "line"].flatMap((tag) => all(document, tag)).map(boundsOf);
  expect(shapes.filter((shape) => !inside(shape, viewBox))).toEqual([]);

  const groups = ofClass(document, "block");
  expect(groups.map((group) => group.getAttribute("data-block"))).toEqual(architecture.blocks.map(({ name }) => name));
  const boxes = [...groups, ...ofClass(document, "input"), ...ofClass(document, "output")].map(outlineOf);
  const clashes = boxes.flatMap((box, i) => boxes.slice(i + 1).filter((other) => overlap(box, other)));
  expect(clashes).toEqual([]);

  const cards = ofClass(document, "card").map(boundsOf);
  expect(boxes.every((box) => cards.filter((card) => inside(box, card)).length === 1)).toBe(true);
  expect(cards.flatMap((card, i) => cards.slice(i + 1).filter((other) => overlap(card, other)))).toEqual([]);
}

describe("figureSvg", () => {
  test("is an image with a title and a description, in either colour scheme", () => {
    const root = figure(hybrid, { title: "S0", subtitle: "found by search" }).documentElement;
    expect(root?.getAttribute("role")).toBe("img");
    expect([...(root?.childNodes ?? [])].filter((node) => node.nodeType === 1).map((node) => node.nodeName)).toEqual(
      expect.arrayContaining(["title", "desc", "style"]),
    );
    expect(figureSvg(hybrid)).toContain("@media (prefers-color-scheme: dark)");
  });

  test("draws every block, once, in order, with an arrow into each and into the output", () => {
    const document = figure(hybrid);
    expectTidy(document, hybrid);
    expect(ofClass(document, "tip")).toHaveLength(hybrid.blocks.length + 1);
  });

  test("says kind and sizes in every block", () => {
    const texts = new Map(
      ofClass(figure(hybrid), "block").map((group) => [
        group.getAttribute("data-block"),
        all(group, "text").map((text) => text.textContent),
      ]),
    );
    expect(texts.get("stages.1.blocks.0")).toEqual(["IBN", "5×5 · e4"]);
    expect(texts.get("stages.1.blocks.1")).toEqual(["ConvNeXt", "9×9 · e3"]);
    expect(texts.get("stages.2.blocks.0")).toEqual(["Transformer", "QKV 64", "IBN FFN", "7×7 · e6"]);
    expect(texts.get("stages.2.blocks.2")).toEqual(["Transformer", "QKV 64", "ConvNeXt FFN", "7×7 · e6"]);
    expect(texts.get("stages.3.downsample")).toEqual(["Downsample, stride 2"]);
  });

  test("bounds the width of texts that a wide font would drive into each other, and of no others", () => {
    const bounded = ofClass(figure(hybrid), "block").flatMap((group) =>
      all(group, "text").filter((text) => text.hasAttribute("textLength")),
    );
    const attention = ["Transformer", "QKV 64"];
    expect(bounded.map((text) => text.textContent)).toEqual([...attention, ...attention, "ConvNeXt FFN", "7×7 · e6"]);
  });

  test("heads every stage with its depth, resolution and width", () => {
    const stage = ofClass(figure(hybrid), "stage").find((group) => group.getAttribute("data-stage") === "stages.2");
    const texts = stage === undefined ? [] : all(stage, "text").map((text) => text.textContent);
    expect(texts.slice(0, 6)).toEqual(["Stage 3", "3 blocks", "Resolution", "8 × 8", "Channels", "24"]);
  });

  test("sums up parameters and MACs of the whole network", () => {
    const { parameters, macs } = architectureCosts(hybrid);
    const total = all(figure(hybrid), "text").find((text) => text.textContent?.includes("parameters ·"));
    const expected = `${(parameters / 1e3).toFixed(1)} k parameters · ${(macs / 1e6).toFixed(2)} M MACs`;
    expect(total?.textContent).toBe(expected);
  });

  test("explains the kinds and the signs that it shows, and no others", () => {
    const texts = (architecture: Architecture) => all(figure(architecture), "*").map((node) => node.textContent);
    expect(texts(hybrid)).toEqual(expect.arrayContaining(["expansion ratio", "dimension of query, key and value"]));
    expect(texts(network([[ibn]]))).not.toContain("dimension of query, key and value");
    expect(texts(network([[ibn]]))).not.toContain("ConvNeXt");
  });

  test("escapes titles", () => {
    const title = `<S0> & "friends" ]]> 'quoted'`;
    const svg = figureSvg(hybrid, { title, subtitle: title });
    const document = parse(svg);
    expect(all(document, "title")[0]?.textContent).toBe(title);
    expect(all(document, "text").filter((text) => text.textContent === title)).toHaveLength(2);
    expect(svg).not.toContain("<S0>");
  });

  test("replaces characters that XML cannot hold", () => {
    const svg = figureSvg(hybrid, { title: "a\u0000b\u001bc\ud800d\ufffee" });
    expect(all(parse(svg), "title")[0]?.textContent).toBe("a\ufffdb\ufffdc\ufffdd\ufffde");
  });

  test("cuts a title that is too long, and keeps it whole for readers that speak", () => {
    const title = "long ".repeat(100);
    const document = figure(hybrid, { title });
    expect(all(document, "title")[0]?.textContent).toBe(title);
    expect(ofClass(document, "title")[0]?.textContent).toMatch(/^long .+…$/);
  });

  test("is titled with the architecture's name where no title is given", () => {
    expect(ofClass(figure(hybrid), "title")[0]?.textContent).toBe("network");
  });

  test("fits stages of twelve blocks", () => {
    const twelve = (spec: BlockSpec) => Array<BlockSpec>(12).fill(spec);
    const deep = network([ibn, convnext, withIbn, withConvnext].map(twelve));
    const document = figure(deep);
    expectTidy(document, deep);
    expect(viewBoxOf(document).right).toBeLessThanOrEqual(1240);
  });

  test("goes on below where stages do not fit side by side", () => {
    const long = network(Array<BlockSpec[]>(8).fill([ibn, convnext]), "long", 512);
    const document = figure(long);
    expectTidy(document, long);
    expect(viewBoxOf(document).right).toBeLessThanOrEqual(1240);
  });

  test("draws a network that is given as a graph", () => {
    const graph = fromGraph(graphOf(hybrid));
    expectTidy(figure(graph), graph);
  });

  test("is the same for the same architecture", () => {
    expect(figureSvg(network([[ibn]]))).toBe(figureSvg(network([[ibn]])));
  });

  test("is well-formed and tidy whatever the network and the title", () => {
    const stages = fc.array(fc.array(fc.constantFrom(ibn, convnext, withIbn, withConvnext), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(stages, fc.string({ unit: "binary" }), (specs, title) => {
        const architecture = network([[ibn], ...specs]);
        expectTidy(figure(architecture, { title, subtitle: title }), architecture);
      }),
      { numRuns: 30 },
    );
  });
});
