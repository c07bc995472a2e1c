import { describe, expect, it } from "vitest";
import { resumable } from "./savedCall";

const saved = { session: "s", call_id: "c1", seen_at: 1_000, muted: true, typed: false };

describe("a call kept over a reload", () => {
  it("is taken up again within 30 s", () => expect(resumable(JSON.stringify(saved), 31_000)).toEqual(saved));
  it("is forgotten afterwards", () => expect(resumable(JSON.stringify(saved), 31_001)).toBeNull());
  it.each([null, "", "{", "{}", '{"session":1}', "null"])("is nothing when what is stored is %j", (stored) =>
    expect(resumable(stored, 0)).toBeNull());
});
