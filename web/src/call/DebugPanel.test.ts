import { expect, it } from "vitest";
import { median } from "./DebugPanel";

it.each([[[], null], [[5], 5], [[9, 1, 5], 5], [[1, 3], 2]])("the median of %j is %s", (of, middle) => expect(median(of)).toBe(middle));
