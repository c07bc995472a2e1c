import { describe, expect, it } from "vitest";
import type { CallEvent } from "../api/types";
import { reduce } from "./reduce";
import { type CallView, emptyView, enrich, lineOf, mostLines, unheardPart } from "./view";

type Told = [type: string, data?: Record<string, unknown>];

function after(...events: Told[]): CallView {
  return events.reduce((view, [type, data], index) =>
    reduce(view, { seq: index + 1, at: "2026-01-01T10:00:00.000Z", call_id: "c1", type, data: data ?? {} }), emptyView());
}

const answered: Told[] = [["call.answered"], ["call.state", { state: "with_assistant", on_hold: false }]];
const speech = (view: CallView) => view.lines.map((line) => (line.kind === "speech" ? `${line.speaker}: ${line.text}` : line.kind));

describe("what the assistant is at", () => {
  it.each<[string, Told[]]>([
    ["connecting", []],
    ["listening", answered],
    ["thinking", [...answered, ["assistant.thinking"]]],
    ["speaking", [...answered, ["assistant.thinking"], ["assistant.speech_started"]]],
    ["listening", [...answered, ["assistant.speech_started"], ["assistant.speech_stopped", { heard_text: "Hello." }]]],
    ["transferring", [...answered, ["transfer.started", { to: "2001" }]]],
    ["with_agent", [...answered, ["transfer.started", { to: "2001" }], ["transfer.completed"]]],
    ["listening", [...answered, ["transfer.started", { to: "2001" }], ["transfer.failed", { cause: "busy" }]]],
    ["hold", [...answered, ["call.state", { state: "with_assistant", on_hold: true }]]],
    ["ended", [...answered, ["call.ended", { cause: "caller_hangup" }]]],
  ])("is %s", (activity, events) => expect(after(...events).activity).toBe(activity));

  it("goes on speaking when the call's state is told meanwhile", () =>
    expect(after(["call.answered"], ["assistant.speech_started"], ["call.state", { state: "with_assistant" }]).activity).toBe("speaking"));

  it("names whom the caller is transferred to", () =>
    expect(after(...answered, ["transfer.started", { to: "2001", name: "Support" }]).transfer?.name).toBe("Support"));

  it("forgets the agent who gave the caller back", () => {
    const handed: Told[] = [...answered, ["transfer.started", { name: "Support" }], ["transfer.completed"], ["call.state", { state: "with_agent" }]];
    expect(after(...handed).transfer?.stage).toBe("joined");
    expect(after(...handed, ["call.state", { state: "with_assistant" }])).toMatchObject({ transfer: null, activity: "listening" });
  });

  it("keeps why nobody came when the assistant is back", () =>
    expect(after(...answered, ["transfer.started", { name: "Support" }], ["transfer.failed", { cause: "busy" }], ["call.state", { state: "with_assistant" }]).transfer)
      .toMatchObject({ stage: "failed", cause: "busy" }));
});

describe("the transcript", () => {
  it("lets recognised text grow in one line", () => {
    const view = after(["caller.transcript", { text: "what", final: false }], ["caller.transcript", { text: "what time", final: false }]);
    expect(speech(view)).toEqual(["caller: what time"]);
    expect(view.lines[0]).toMatchObject({ interim: true });
  });

  it("replaces interim text by the final one, under the same key", () => {
    const view = after(["caller.transcript", { text: "what", final: false }], ["caller.transcript", { text: "What time is it?", final: true }]);
    expect(view.lines).toMatchObject([{ key: "event-1", text: "What time is it?", interim: false }]);
  });

  it("drops interim text that turned out to be nothing", () =>
    expect(after(["caller.transcript", { text: "uh", final: false }], ["caller.transcript", { text: "", final: true }]).lines).toEqual([]));

  it("marks what the caller cut off", () =>
    expect(after(["assistant.speech_started"], ["assistant.speech_stopped", { heard_text: "It is ten", interrupted: true }]).lines)
      .toMatchObject([{ speaker: "assistant", text: "It is ten", interrupted: true, interim: false }]));

  it("keeps the order of speech when the caller talks over the assistant", () => {
    const view = after(["assistant.speech_started"], ["caller.transcript", { text: "stop", final: false }],
      ["assistant.speech_stopped", { heard_text: "It is", interrupted: true }], ["caller.transcript", { text: "Stop.", final: true }]);
    expect(speech(view)).toEqual(["assistant: It is", "caller: Stop."]);
  });

  it("forgets speech of which nothing was heard", () =>
    expect(after(["assistant.speech_started"], ["assistant.speech_stopped", { heard_text: "", interrupted: false }]).lines).toEqual([]));

  it("shows a tool while it runs and how it ended", () => {
    expect(after(["tool.started", { name: "todo" }]).lines).toMatchObject([{ name: "todo", state: "running" }]);
    expect(after(["tool.started", { name: "todo" }], ["tool.finished", { name: "todo", ok: false, duration_ms: 12 }]).lines)
      .toMatchObject([{ name: "todo", state: "failed", duration_ms: 12 }]);
  });

  it("notes keys that were pressed", () =>
    expect(after(["dtmf", { digit: "5" }]).lines).toMatchObject([{ kind: "note", text: "Key 5" }]));
});

describe("robustness", () => {
  it("takes an event that comes again once", () => {
    const event: CallEvent = { seq: 1, at: "", call_id: "c1", type: "dtmf", data: { digit: "1" } };
    expect(reduce(reduce(emptyView(), event), event).lines).toHaveLength(1);
  });

  it("lets unknown events and missing fields pass", () => {
    expect(after(["weather.changed"], ["caller.transcript"], ["tool.finished"], ["call.state", {}]).lines).toEqual([]);
  });

  it("keeps a bounded number of lines", () => {
    const digits = Array.from({ length: mostLines + 5 }, (): Told => ["dtmf", { digit: "1" }]);
    expect(after(...digits).lines).toHaveLength(mostLines);
  });
});

describe("what the stored transcript adds", () => {
  const entry = {
    seq: 1, speaker: "assistant" as const, text: "It is ten past nine in the morning.", heard_text: "It is ten past",
    started_ms: 100, interrupted: true, provider: "local", timings: { response_ms: 640 },
  };

  it("tells the words that were not heard", () => {
    expect(lineOf(entry)).toMatchObject({ text: "It is ten past", unheard: "nine in the morning." });
    expect(unheardPart("Good morning.", "Something else")).toBe("");
  });

  it("finds its line by what was heard, and keeps the line's key", () => {
    const view = after(["assistant.speech_started"], ["assistant.speech_stopped", { heard_text: "It is ten past", interrupted: true }]);
    expect(enrich(view.lines, [entry])).toMatchObject([{ key: "event-1", unheard: "nine in the morning.", provider: "local", timings: { response_ms: 640 } }]);
  });

  it("leaves lines alone that it does not know", () => {
    const view = after(["caller.transcript", { text: "Hello.", final: true }], ["assistant.speech_started"]);
    expect(enrich(view.lines, [entry])).toEqual(view.lines);
  });
});
