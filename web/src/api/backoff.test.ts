import { expect, it } from "vitest";
import { backoffMs } from "./backoff";

it("doubles up to its limit", () => {
  const waits = [0, 1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, () => 0));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
});

it("takes up to three tenths off, so that many clients do not come back at once", () =>
  expect(backoffMs(1, () => 1)).toBe(700));
