/**
 * @file What a search has scored, in arrays of bytes and numbers: a search of a million candidates has each of them here, for as long as
 * anything of it may be bred again, and as objects they would take ten times the memory, and the collector's time with it.
 */

import type { Score, Scores } from "../metrics/metric.js";
import { codeOf, genotypeOfCode } from "../spaces/identity.js";
import type { Genotype, Space } from "../spaces/space.js";
import type { Candidate, Evaluation } from "./algorithm.js";

/** What is scored by the metrics of one kind, by the key of the network. */
export interface ScoreMemo {
  get(key: string): Scores | undefined;
  set(key: string, scores: Scores): void;
}

export function scoreMemo(): ScoreMemo {
  const keys = new KeyTable();
  const scores = new ScoreColumns();
  return {
    get(key) {
      const at = keys.find(key);
      return at < 0 ? undefined : scores.get(at);
    },
    set(key, ofKey) {
      const at = keys.find(key);
      scores.set(at < 0 ? keys.add(key) : at, ofKey);
    },
  };
}

/** The evaluations of a phase in the order in which they took part, each network once. */
export class History {
  readonly #space: Space;
  readonly #candidate: (genotype: Genotype) => Candidate;
  readonly #keys = new KeyTable();
  readonly #scores = new ScoreColumns();
  #genes: Uint8Array | Uint16Array;

  /** @param candidate - What is asked for by a genotype. */
  constructor(space: Space, candidate: (genotype: Genotype) => Candidate) {
    this.#space = space;
    this.#candidate = candidate;
    this.#genes = this.#genesOf(0);
  }

  /** A byte a gene, where the values of each are few enough. */
  #genesOf(length: number): Uint8Array | Uint16Array {
    const isByte = this.#space.genes.every(({ values }) => values.length <= 2 ** 8);
    return isByte ? new Uint8Array(length) : new Uint16Array(length);
  }

  get length(): number {
    return this.#keys.length;
  }

  /** The place of a network; -1 where it did not take part. */
  find(key: string): number {
    return this.#keys.find(key);
  }

  /** Adds a network that has not taken part, and gives its place. */
  add(key: string, genotype: Genotype, scores: Scores): number {
    const place = this.#keys.add(key);
    this.#scores.set(place, scores);
    const code = codeOf(this.#space, genotype);
    const from = place * code.length;
    this.#genes = roomFor(this.#genes, from + code.length, (length) => this.#genesOf(length));
    this.#genes.set(code, from);
    return place;
  }

  at(place: number): Remembered {
    return new Remembered(this, place, this.#scores.get(place));
  }

  /** All, in the order in which they took part. */
  all(): Remembered[] {
    return Array.from({ length: this.length }, (_, place) => this.at(place));
  }

  /** What was asked for, laid out again each time. */
  candidateAt(place: number): Candidate {
    const genes = this.#space.genes.length;
    const code = this.#genes.subarray(place * genes, (place + 1) * genes);
    return this.#candidate(genotypeOfCode(this.#space, code));
  }

  /** The scores from a place on. */
  *scoresFrom(place: number): Generator<Scores> {
    for (let i = place; i < this.length; i++) yield this.#scores.get(i);
  }
}

/** An evaluation of a history, whose candidate is laid out when it is asked for: a phase ends with all of them in order. */
export class Remembered implements Evaluation {
  readonly scores: Scores;
  /** In the history: what is asked for twice gives two objects of one place. */
  readonly place: number;
  readonly #history: History;

  constructor(history: History, place: number, scores: Scores) {
    this.scores = scores;
    this.#history = history;
    this.place = place;
  }

  get candidate(): Candidate {
    return this.#history.candidateAt(this.place);
  }
}

/** Bytes that keys take at first, and places. */
const FEW = 1024;

/** Texts by the order in which they came. Found by a table of open addresses, at most half of which are taken. */
class KeyTable {
  #scratch = bytesOf(FEW);
  /** All keys one after another, as `encode` writes them. */
  #bytes = new Uint8Array(FEW);
  /** Where each key ends. */
  #ends = new Uint32Array(FEW);
  /** Numbers of keys, from 1; 0 is free. */
  #table = new Uint32Array(2 * FEW);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The number of a key, from 0; -1 where it is not there. */
  find(key: string): number {
    return (this.#table[this.#placeOf(this.#encoded(key))] ?? 0) - 1;
  }

  /** Adds a key that is not there and gives its number. */
  add(key: string): number {
    const bytes = this.#encoded(key);
    const number = this.#length++;
    const from = this.#startOf(number);
    this.#bytes = roomFor(this.#bytes, from + bytes.length, bytesOf);
    this.#bytes.set(bytes, from);
    this.#ends = roomFor(this.#ends, number + 1, countsOf);
    this.#ends[number] = from + bytes.length;
    if (2 * this.#length > this.#table.length) this.#spread();
    else this.#table[this.#placeOf(bytes)] = number + 1;
    return number;
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  #encoded(key: string): Uint8Array {
    this.#scratch = roomFor(this.#scratch, MOST_BYTES * key.length, bytesOf);
    return this.#scratch.subarray(0, encode(key, this.#scratch));
  }

  /** Where a key stands in the table, or would stand. */
  #placeOf(bytes: Uint8Array): number {
    const last = this.#table.length - 1;
    let place = hashOf(bytes) & last;
    for (;;) {
      const number = (this.#table[place] ?? 0) - 1;
      if (number < 0 || this.#isAt(number, bytes)) return place;
      place = (place + 1) & last;
    }
  }

  #isAt(number: number, bytes: Uint8Array): boolean {
    const from = this.#startOf(number);
    if ((this.#ends[number] ?? 0) - from !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[from + i] !== bytes[i]) return false;
    return true;
  }

  /** Into a table twice as large. */
  #spread(): void {
    this.#table = new Uint32Array(2 * this.#table.length);
    for (let number = 0; number < this.#length; number++) {
      const bytes = this.#bytes.subarray(this.#startOf(number), this.#ends[number]);
      this.#table[this.#placeOf(bytes)] = number + 1;
    }
  }
}

/** Bytes of a character. */
const MOST_BYTES = 3;
/** Says that two bytes of a character follow. */
const LARGE = 0xff;

/** Writes a text, most of whose characters are bytes, and says how many bytes it has written; other texts are written otherwise. */
function encode(text: string, into: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= LARGE) {
      into[at++] = LARGE;
      into[at++] = code >> 8;
    }
    into[at++] = code & 0xff;
  }
  return at;
}

/** FNV-1a, its last bits mixed with its first. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Scores by number: a column a metric, as long as all have numbers by the same metrics; others as they are. */
class ScoreColumns {
  #ids: readonly string[] | undefined;
  #columns: Float64Array[] = [];
  readonly #others = new Map<number, Scores>();

  set(at: number, scores: Scores): void {
    const ids = Object.keys(scores);
    this.#ids ??= ids;
    const values = ids.map((id) => scores[id]);
    if (ids.length !== this.#ids.length || !ids.every((id, i) => id === this.#ids?.[i]) || !values.every(isNumber)) {
      this.#others.set(at, scores);
      return;
    }
    this.#others.delete(at);
    this.#columns = values.map((value, i) => {
      const column = roomFor(this.#columns[i] ?? numbersOf(FEW), at + 1, numbersOf);
      column[at] = value;
      return column;
    });
  }

  get(at: number): Scores {
    const other = this.#others.get(at);
    if (other !== undefined) return other;
    const scores: Record<string, Score> = {};
    this.#ids?.forEach((id, i) => {
      scores[id] = this.#columns[i]?.[at] ?? Number.NaN;
    });
    return scores;
  }
}

function isNumber(score: Score | undefined): score is number {
  return typeof score === "number";
}

interface Numbers extends ArrayLike<number> {
  set(values: ArrayLike<number>): void;
}

/** The array itself, or a longer one with what it holds. */
function roomFor<T extends Numbers>(array: T, length: number, make: (length: number) => T): T {
  if (length <= array.length) return array;
  const longer = make(Math.max(length, Math.ceil(1.5 * array.length)));
  longer.set(array);
  return longer;
}

const bytesOf = (length: number) => new Uint8Array(length);
const countsOf = (length: number) => new Uint32Array(length);
const numbersOf = (length: number) => new Float64Array(length);
