/** What the page asks for. */
export interface Request {
  readonly parameters: number;
  readonly macs: number;
}

/** What the worker tells. */
export type News =
  | { readonly kind: "progress"; readonly phase: string; readonly done: number; readonly rate: number }
  | {
      readonly kind: "found";
      readonly parameters: number;
      readonly macs: number;
      readonly file: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "failed"; readonly message: string };
