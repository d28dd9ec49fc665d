/**
 * @file Tens of thousands of points below the lines of a chart. They are counted pixel by pixel, and while a search goes on only
 * those are added that are new: that takes a millisecond, where a path of as many squares takes a few hundred.
 */

export interface Dots {
  /** Another one where points have changed that were drawn before. */
  readonly series: string;
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
  /** Points; the columns may be longer. Those that are no number are left out. */
  readonly count: number;
  /** CSS pixels of a side. */
  readonly size: number;
  /** Of one dot; where several lie on each other, less shines through. */
  readonly opacity: number;
  /** By its name in the style sheets. */
  readonly colour: string;
}

/** The area between the axes: its canvas pixels, and the way from values to them. */
export interface DotArea {
  readonly width: number;
  readonly height: number;
  /** Canvas pixels of one CSS pixel. */
  readonly density: number;
  x(value: number): number;
  y(value: number): number;
  /** `rgb(43, 108, 176)` */
  colour(name: string): string;
}

/** Dots on one pixel that are told apart. */
const MOST = 255;

/** What is changed of an image. */
interface Changed {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export class DotLayer {
  readonly canvas = document.createElement("canvas");
  readonly #context = this.canvas.getContext("2d", { willReadFrequently: true });
  #image = new ImageData(1, 1);
  #counts = new Uint8Array(1);
  #covered = new Uint8ClampedArray(MOST + 1);
  #drawn = 0;
  #key = "";

  /** @param key Of the ranges that the area shows. */
  draw(area: DotArea, dots: Dots, key: string): void {
    const { series, count, size, opacity, colour } = dots;
    const { width, height, density } = area;
    const whole = [key, series, width, height, density, size, opacity, colour].join();
    if (whole !== this.#key || count < this.#drawn) {
      this.#key = whole;
      this.#clear(area, dots);
    }
    const changed = this.#add(area, dots);
    this.#drawn = count;
    const { left, top, right, bottom } = changed;
    if (right > left) this.#context?.putImageData(this.#image, 0, 0, left, top, right - left, bottom - top);
  }

  #clear({ width, height, colour }: DotArea, { opacity, colour: name }: Dots): void {
    this.#drawn = 0;
    // Which also makes it empty.
    [this.canvas.width, this.canvas.height] = [width, height];
    this.#image = new ImageData(width, height);
    this.#counts = new Uint8Array(width * height);
    this.#covered = Uint8ClampedArray.from({ length: MOST + 1 }, (_, n) => 255 * (1 - (1 - opacity) ** n));
    const [red = 0, green = 0, blue = 0] = (colour(name).match(/\d+/g) ?? []).map(Number);
    const { data } = this.#image;
    data.set([red, green, blue, 0]);
    new Uint32Array(data.buffer).fill(new Uint32Array(data.buffer, 0, 1)[0] ?? 0);
  }

  /** Adds the points that are new. */
  #add({ x, y, width, height, density }: DotArea, { xs, ys, count, size }: Dots): Changed {
    const side = Math.max(1, Math.round(size * density));
    const changed = { left: width, top: height, right: 0, bottom: 0 };
    for (let i = this.#drawn; i < count; i++) {
      const left = Math.round(x(xs[i] ?? Number.NaN) - side / 2);
      const top = Math.round(y(ys[i] ?? Number.NaN) - side / 2);
      if (!(left > -side && left < width && top > -side && top < height)) continue;
      const square = {
        left: Math.max(0, left),
        top: Math.max(0, top),
        right: Math.min(width, left + side),
        bottom: Math.min(height, top + side),
      };
      this.#cover(square, width);
      changed.left = Math.min(changed.left, square.left);
      changed.top = Math.min(changed.top, square.top);
      changed.right = Math.max(changed.right, square.right);
      changed.bottom = Math.max(changed.bottom, square.bottom);
    }
    return changed;
  }

  #cover({ left, top, right, bottom }: Changed, width: number): void {
    for (let row = top; row < bottom; row++) {
      for (let at = row * width + left; at < row * width + right; at++) {
        const dots = Math.min(MOST, (this.#counts[at] ?? 0) + 1);
        this.#counts[at] = dots;
        this.#image.data[4 * at + 3] = this.#covered[dots] ?? 0;
      }
    }
  }
}
