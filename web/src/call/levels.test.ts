import { describe, expect, it } from "vitest";
import { levelDb, meterPosition, silenceDb } from "./levels";

describe("levels", () => {
  it("puts a full-scale sine at -3 dBFS", () => {
    const sine = Float32Array.from({ length: 1000 }, (_, i) => Math.sin((2 * Math.PI * i) / 100));
    expect(levelDb(sine)).toBeCloseTo(-3.01, 1);
  });
  it("has a floor", () => {
    expect(levelDb(new Float32Array(100))).toBe(silenceDb);
    expect(levelDb(new Float32Array(0))).toBe(silenceDb);
  });
  it.each([[-90, 0], [-60, 0], [-36, 0.5], [-12, 1], [0, 1]])("shows %i dB at %f", (db, position) =>
    expect(meterPosition(db)).toBeCloseTo(position));
});
