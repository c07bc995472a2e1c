import { describe, expect, it } from "vitest";
import { ResponseClock } from "./responseClock";

const loud = -20, quiet = -80;

describe("ResponseClock", () => {
  it("measures from the caller's last word to the first sound that comes back", () => {
    const clock = new ResponseClock();
    clock.feed(0, loud, quiet);
    clock.feed(100, loud, quiet);
    expect(clock.feed(600, quiet, quiet)).toBeNull();
    expect(clock.feed(900, quiet, loud)).toBe(800);
  });
  it("measures one response once, though it pauses", () => {
    const clock = new ResponseClock();
    clock.feed(0, loud, quiet);
    expect(clock.feed(700, quiet, loud)).toBe(700);
    clock.feed(900, quiet, quiet);
    expect(clock.feed(1000, quiet, loud)).toBeNull();
  });
  it("takes a greeting, and speech over the caller's own, for no response", () => {
    const clock = new ResponseClock();
    expect(clock.feed(0, quiet, loud)).toBeNull();
    clock.feed(10, quiet, quiet);
    clock.feed(20, loud, quiet);
    expect(clock.feed(40, loud, loud)).toBeNull();
  });
});
