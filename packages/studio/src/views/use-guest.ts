/** @file A worker for as long as a part of the page is shown. */

import { useEffect, useState } from "preact/hooks";
import type { Guest } from "../state/lab.js";

export function useGuest<T>(make: () => Guest<T>): Guest<T> {
  const [guest] = useState(make);
  useEffect(() => () => guest.end(), [guest]);
  return guest;
}
