import { describe, expect, it } from "vitest";
import type { CallDetail } from "../api/types";
import { storedLines, transcriptText } from "./stored";

const detail: CallDetail = {
  id: "01A", state: "ended", direction: "inbound", channel: "sip", from: "sip:alice@example.com", to: "1000",
  started_at: "2026-01-02T12:00:00.000Z", answered_at: "2026-01-02T12:00:01.000Z",
  transcript: [
    { seq: 1, speaker: "assistant", text: "Hello. How can I help?", heard_text: "Hello.", interrupted: true, started_ms: 200, ended_ms: 900 },
    { seq: 2, speaker: "caller", text: "Add milk.", started_ms: 1_000, ended_ms: 1_800 },
    { seq: 3, speaker: "assistant", text: "Milk is on your list.", started_ms: 65_000, timings: { response_ms: 640 } },
  ],
  events: [
    { seq: 1, at: "2026-01-02T12:00:03.000Z", call_id: "01A", type: "tool.started", data: { name: "todo" } },
    { seq: 2, at: "2026-01-02T12:00:03.010Z", call_id: "01A", type: "tool.finished", data: { name: "todo", ok: true, duration_ms: 10 } },
    { seq: 3, at: "2026-01-02T12:00:03.020Z", call_id: "01A", type: "caller.transcript", data: { text: "Add milk.", final: true } },
  ],
};

describe("a stored call", () => {
  it("has its tools between what was said before and after them, and speech once", () =>
    expect(storedLines(detail).map((line) => (line.kind === "speech" ? line.text : line.kind)))
      .toEqual(["Hello.", "Add milk.", "tool", "Milk is on your list."]));

  it("is a text file that tells what was not heard", () =>
    expect(transcriptText(detail)).toBe("Call 01A\nalice to 1000, 2026-01-02T12:00:00.000Z\n\n" +
      "0:00  Assistant: Hello. [interrupted; not heard: How can I help?]\n0:01  Caller: Add milk.\n1:05  Assistant: Milk is on your list.\n"));
});
