import { describe, expect, it } from "vitest";
import type { CallEvent } from "../api/types";
import { CallLog } from "./callLog";

const event = (seq: number, type: string, data = {}): CallEvent => ({ seq, at: "2026-01-01T00:00:00Z", call_id: "c1", type, data });
const said = (seq: number, text: string, final = true) => event(seq, "caller.transcript", { text, final });
const lines = (log: CallLog) => log.view.lines.map((line) => (line.kind === "speech" ? line.text : line.kind));

describe("CallLog", () => {
  it("puts events that come late into their place", () => {
    const log = new CallLog();
    log.add(said(1, "one"));
    log.add(said(3, "three"));
    expect(log.incomplete).toBe(true);
    log.add(said(2, "two"));
    expect(log.incomplete).toBe(false);
    expect(lines(log)).toEqual(["one", "two", "three"]);
  });

  it("shows the same after a reload in mid-call as without one", () => {
    const events = [event(1, "call.answered"), said(2, "what", false), said(3, "What time is it?"), event(4, "assistant.speech_started")];
    const stayed = new CallLog(), reloaded = new CallLog();
    events.forEach((e) => stayed.add(e));
    reloaded.add(events[3]!);
    reloaded.merge(events.slice(0, 3), []);
    expect(reloaded.view).toEqual(stayed.view);
  });

  it("knows when the assistant's words want their stored entry", () => {
    const log = new CallLog();
    log.add(event(1, "assistant.speech_started"));
    expect(log.explained).toBe(true);
    log.add(event(2, "assistant.speech_stopped", { heard_text: "Hello." }));
    expect(log.explained).toBe(false);
    log.merge([], [{ seq: 1, speaker: "assistant", text: "Hello.", started_ms: 0, provider: "local" }]);
    expect(log.explained).toBe(true);
  });
});
