/**
 * @file Eigenvalues of symmetric matrices without their vectors: Householder's reduction to a tridiagonal matrix, then QL
 * steps with implicit shifts (Golub and Van Loan, Matrix Computations, 8.3). A general decomposition that also forms the
 * vectors takes ten times as long, and metrics need eigenvalues of one covariance a layer.
 */

/** A symmetric tridiagonal matrix. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Element `i` stands between `i` and `i + 1`; the last one is 0. */
  readonly off: Float64Array;
}

/** More steps than any eigenvalue has been seen to take, by far. */
const MOST_STEPS = 60;

/**
 * The eigenvalues of a symmetric matrix, ascending.
 * @param matrix - `[order, order]`, row-major; only its lower triangle is read.
 * @throws {@link RangeError} where an element is not finite.
 */
export function symmetricEigenvalues(matrix: ArrayLike<number>, order: number): Float64Array {
  const work = Float64Array.from(matrix);
  if (!work.every(Number.isFinite)) throw new RangeError("eigenvalues of a matrix with elements that are not finite");
  const tridiagonal = reduced(work, order);
  diagonalise(tridiagonal);
  return tridiagonal.diagonal.sort();
}

/** Householder reflections from the last row up, in the lower triangle of `a`. */
function reduced(a: Float64Array, order: number): Tridiagonal {
  const off = new Float64Array(order);
  const v = new Float64Array(order);
  const w = new Float64Array(order);
  for (let last = order - 1; last >= 1; last--) {
    const row = last * order;
    off[last - 1] = reflection(a, row, last, v);
    if (v[last - 1] !== 0) reflect(a, order, last, v, w);
  }
  return { diagonal: Float64Array.from({ length: order }, (_, i) => a[i * order + i] ?? 0), off };
}

/**
 * Fills `v`, of length sqrt(2), with the reflection that takes the first `n` elements of a row to a multiple of the last axis,
 * or with zeros if they lie there already.
 * @returns That multiple.
 */
function reflection(a: Float64Array, row: number, n: number, v: Float64Array): number {
  let rest = 0;
  for (let j = 0; j < n - 1; j++) rest += (a[row + j] ?? 0) ** 2;
  const end = a[row + n - 1] ?? 0;
  v[n - 1] = 0;
  if (rest === 0) return end;
  const norm = Math.sqrt(rest + end * end);
  const shifted = end + (end < 0 ? -norm : norm);
  const scale = Math.sqrt(2 / (rest + shifted * shifted));
  for (let j = 0; j < n - 1; j++) v[j] = (a[row + j] ?? 0) * scale;
  v[n - 1] = shifted * scale;
  return end < 0 ? norm : -norm;
}

/**
 * `A <- H A H` with `H = 1 - v v'` on the leading `n` rows and columns. Two rows at a time: their sums do not wait for one
 * another, and `v` and `w` are read once for both. Each sum is added up in the order of the rows all the same.
 */
function reflect(a: Float64Array, order: number, n: number, v: Float64Array, w: Float64Array): void {
  product(a, order, n, v, w);
  let half = 0;
  for (let i = 0; i < n; i++) half += (v[i] ?? 0) * (w[i] ?? 0);
  half /= 2;
  for (let i = 0; i < n; i++) w[i] = (w[i] ?? 0) - half * (v[i] ?? 0);
  subtract(a, order, n, v, w);
}

/** `w <- A v` of the leading `n` rows and columns. */
function product(a: Float64Array, order: number, n: number, v: Float64Array, w: Float64Array): void {
  w.fill(0, 0, n);
  for (let i = 0; i + 1 < n; i += 2) {
    const row = i * order;
    const next = row + order;
    const vi = v[i] ?? 0;
    const vn = v[i + 1] ?? 0;
    let ofRow = (a[row + i] ?? 0) * vi;
    let ofNext = (a[next + i + 1] ?? 0) * vn;
    for (let j = 0; j < i; j++) {
      const x = a[row + j] ?? 0;
      const y = a[next + j] ?? 0;
      const vj = v[j] ?? 0;
      ofRow += x * vj;
      ofNext += y * vj;
      w[j] = (w[j] ?? 0) + x * vi + y * vn;
    }
    const between = a[next + i] ?? 0;
    w[i] = (w[i] ?? 0) + ofRow + between * vn;
    w[i + 1] = (w[i + 1] ?? 0) + (ofNext + between * vi);
  }
  if (n % 2 === 1) lastOfProduct(a, order, n - 1, v, w);
}

/** What the row that is left over adds to a product. */
function lastOfProduct(a: Float64Array, order: number, i: number, v: Float64Array, w: Float64Array): void {
  const row = i * order;
  const vi = v[i] ?? 0;
  let ofRow = (a[row + i] ?? 0) * vi;
  for (let j = 0; j < i; j++) {
    const x = a[row + j] ?? 0;
    ofRow += x * (v[j] ?? 0);
    w[j] = (w[j] ?? 0) + x * vi;
  }
  w[i] = (w[i] ?? 0) + ofRow;
}

/** `A <- A - v w' - w v'` in the leading `n` rows of the lower triangle. */
function subtract(a: Float64Array, order: number, n: number, v: Float64Array, w: Float64Array): void {
  for (let i = 0; i < n; i += 2) {
    const row = i * order;
    const next = row + order;
    const vi = v[i] ?? 0;
    const wi = w[i] ?? 0;
    if (i + 1 === n) {
      for (let j = 0; j <= i; j++) a[row + j] = (a[row + j] ?? 0) - vi * (w[j] ?? 0) - wi * (v[j] ?? 0);
      return;
    }
    const vn = v[i + 1] ?? 0;
    const wn = w[i + 1] ?? 0;
    for (let j = 0; j <= i; j++) {
      const vj = v[j] ?? 0;
      const wj = w[j] ?? 0;
      a[row + j] = (a[row + j] ?? 0) - vi * wj - wi * vj;
      a[next + j] = (a[next + j] ?? 0) - vn * wj - wn * vj;
    }
    a[next + i + 1] = (a[next + i + 1] ?? 0) - vn * wn - wn * vn;
  }
}

/** Turns the diagonal into the eigenvalues, in place. */
function diagonalise({ diagonal, off }: Tridiagonal): void {
  for (let first = 0; first < diagonal.length; first++) {
    for (let step = 0; ; step++) {
      const last = endOfBlock(diagonal, off, first);
      if (last === first) break;
      if (step === MOST_STEPS) throw new Error(`an eigenvalue was not found in ${MOST_STEPS} steps`);
      qlStep(diagonal, off, first, last);
    }
  }
}

/** The last row that is coupled with `first` by off-diagonal elements that matter. */
function endOfBlock(diagonal: Float64Array, off: Float64Array, first: number): number {
  let last = first;
  while (last < diagonal.length - 1) {
    const size = Math.abs(diagonal[last] ?? 0) + Math.abs(diagonal[last + 1] ?? 0);
    if (size + Math.abs(off[last] ?? 0) === size) break;
    last++;
  }
  return last;
}

/** One step with Wilkinson's shift on the rows `first` to `last`. */
function qlStep(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const ratio = ((d[first + 1] ?? 0) - (d[first] ?? 0)) / (2 * (e[first] ?? 0));
  const root = Math.hypot(ratio, 1);
  let g = (d[last] ?? 0) - (d[first] ?? 0) + (e[first] ?? 0) / (ratio + (ratio < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let moved = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = sine * (e[i] ?? 0);
    const b = cosine * (e[i] ?? 0);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = (d[i + 1] ?? 0) - moved;
      e[last] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = (d[i + 1] ?? 0) - moved;
    const s = ((d[i] ?? 0) - g) * sine + 2 * cosine * b;
    moved = sine * s;
    d[i + 1] = g + moved;
    g = cosine * s - b;
  }
  d[first] = (d[first] ?? 0) - moved;
  e[first] = g;
  e[last] = 0;
}
