import { describe as group, expect, it } from "vitest";
import { describe, retryAfter } from "./problem";

group("retryAfter", () => {
  const now = new Date("2026-01-01T00:00:00Z");

  it("reads seconds", () => expect(retryAfter("90", now)).toBe(90));
  it("reads a date", () => expect(retryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now)).toBe(60));
  it("takes a date that has passed for now", () => expect(retryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0));
  it("has nothing to say about anything else", () => {
    expect(retryAfter("soon", now)).toBeNull();
    expect(retryAfter(null, now)).toBeNull();
  });
});

group("describe", () => {
  it("names the fields that were refused", () =>
    expect(describe({ detail: "The offer was refused.", errors: [{ field: "sdp", message: "line 7" }] }, 422))
      .toBe("The offer was refused. sdp: line 7"));
  it("falls back to the status where there is no document", () =>
    expect(describe(null, 502)).toBe("The server answered 502."));
});
