import type { CallEvent, CallState } from "../api/types";
import { followTransfer, transferWords } from "./transfer";
import { type Activity, type CallView, type Line, mostLines, type SpeechLine } from "./view";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function activityOf(state: CallState, onHold: boolean, before: Activity): Activity {
  if (state === "ended") return "ended";
  if (onHold) return "hold";
  if (state === "arriving" || state === "ringing") return "connecting";
  if (state === "queued" || state === "transferring") return "transferring";
  if (state === "with_agent") return "with_agent";
  // `answered` and `with_assistant` come while it already speaks or thinks: those events know better.
  return before === "speaking" || before === "thinking" ? before : "listening";
}

function add(view: CallView, line: Line): CallView {
  return { ...view, lines: [...view.lines, line].slice(-mostLines) };
}

function note(view: CallView, event: CallEvent, words: string): CallView {
  return add(view, { kind: "note", key: `event-${event.seq}`, text: words });
}

function replaceLast(view: CallView, matches: (line: Line) => boolean, change: (line: Line) => Line | null): CallView | null {
  const at = view.lines.findLastIndex(matches);
  if (at < 0) return null;
  const changed = change(view.lines[at]!);
  return { ...view, lines: [...view.lines.slice(0, at), ...(changed ? [changed] : []), ...view.lines.slice(at + 1)] };
}

const openLine = (speaker: SpeechLine["speaker"]) => (line: Line) =>
  line.kind === "speech" && line.speaker === speaker && line.interim;

/** Text that is being recognised grows in one line, which its final version replaces. */
function heardCaller(view: CallView, event: CallEvent): CallView {
  const words = text(event.data.text).trim();
  const line: SpeechLine = {
    kind: "speech", key: `event-${event.seq}`, speaker: "caller", text: words, interim: event.data.final === false, interrupted: false,
  };
  const replaced = replaceLast(view, openLine("caller"), (old) => (words ? { ...line, key: old.key } : null));
  return replaced ?? (words ? add(view, line) : view);
}

function assistantStopped(view: CallView, event: CallEvent): CallView {
  const words = text(event.data.heard_text).trim();
  const interrupted = event.data.interrupted === true;
  const next: CallView = { ...view, activity: view.activity === "speaking" ? "listening" : view.activity };
  const line: SpeechLine = { kind: "speech", key: `event-${event.seq}`, speaker: "assistant", text: words, interim: false, interrupted };
  const kept = words || interrupted;
  return replaceLast(next, openLine("assistant"), (old) => (kept ? { ...line, key: old.key } : null)) ?? (kept ? add(next, line) : next);
}

function toolFinished(view: CallView, event: CallEvent): CallView {
  const name = text(event.data.name);
  const ms = event.data.duration_ms;
  return replaceLast(view, (line) => line.kind === "tool" && line.name === name && line.state === "running", (line) => ({
    kind: "tool", key: line.key, name, state: event.data.ok === false ? "failed" : "done",
    ...(typeof ms === "number" && { duration_ms: ms }),
  })) ?? view;
}

const recordingNotes: Record<string, [boolean, string]> = {
  "recording.started": [true, ""],
  "recording.resumed": [true, "Recording goes on"],
  "recording.paused": [false, "Recording is paused"],
  "recording.stopped": [false, ""],
  "recording.failed": [false, "Recording failed; the call goes on"],
};

function transferred(view: CallView, event: CallEvent): CallView {
  const transfer = followTransfer(view.transfer, event);
  const back: Activity = view.activity === "transferring" ? "listening" : view.activity;
  switch (event.type) {
    case "transfer.started": return note({ ...view, transfer, activity: "transferring" }, event, transferWords(transfer!));
    case "transfer.completed": return note({ ...view, transfer, activity: "with_agent" }, event, transferWords(transfer!));
    case "transfer.failed":
    case "transfer.declined": return note({ ...view, transfer, activity: back }, event, transferWords(transfer!));
    case "transfer.cancelled": return note({ ...view, transfer, activity: back }, event, "Transfer cancelled");
    default: return { ...view, transfer };
  }
}

/** The agent who gave the caller back is no longer there. */
function stateChanged(view: CallView, event: CallEvent): CallView {
  const state = text(event.data.state) as CallState;
  const transfer = view.transfer?.stage === "joined" && state === "with_assistant" ? null : view.transfer;
  return { ...view, state, transfer, activity: activityOf(state, event.data.on_hold === true, view.activity) };
}

function apply(view: CallView, event: CallEvent): CallView {
  const recording = recordingNotes[event.type];
  if (recording) {
    const next = { ...view, recording: recording[0] };
    return recording[1] ? note(next, event, recording[1]) : next;
  }
  if (event.type.startsWith("transfer.")) return transferred(view, event);
  switch (event.type) {
    case "call.answered":
      return { ...view, state: "answered", answeredAt: Date.parse(event.at), activity: activityOf("answered", false, view.activity) };
    case "call.state": return stateChanged(view, event);
    case "call.ended": return { ...view, state: "ended", activity: "ended", callerSpeaks: false, endCause: text(event.data.cause) || null };
    case "caller.speech_started": return { ...view, callerSpeaks: true, activity: view.activity === "thinking" ? "listening" : view.activity };
    case "caller.speech_stopped": return { ...view, callerSpeaks: false };
    case "caller.transcript": return heardCaller(view, event);
    case "assistant.thinking": return { ...view, activity: "thinking" };
    case "assistant.speech_started":
      return add({ ...view, activity: "speaking" }, {
        kind: "speech", key: `event-${event.seq}`, speaker: "assistant", text: text(event.data.text), interim: true, interrupted: false,
      });
    case "assistant.speech_stopped": return assistantStopped(view, event);
    case "tool.started": return add(view, { kind: "tool", key: `event-${event.seq}`, name: text(event.data.name), state: "running" });
    case "tool.finished": return toolFinished(view, event);
    case "dtmf": return note(view, event, `Key ${text(event.data.digit)}`);
    case "provider.switched": return note(view, event, "The assistant switched to another service");
    default: return view;
  }
}

/** The call after `event`. An event that was seen already (a replay after a reconnect) changes nothing. */
export function reduce(view: CallView, event: CallEvent): CallView {
  if (event.seq <= view.seq) return view;
  return { ...apply(view, event), seq: event.seq };
}
