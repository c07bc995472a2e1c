import type { CallState, Speaker, Timings, TranscriptEntry } from "../api/types";
import type { Transfer } from "./transfer";

/** What the assistant is at, or the call in its place. */
export type Activity = "connecting" | "listening" | "thinking" | "speaking" | "transferring" | "with_agent" | "hold" | "ended";

export interface SpeechLine {
  kind: "speech";
  key: string;
  speaker: Speaker;
  text: string;
  /** Still being recognised, or still being spoken. */
  interim: boolean;
  interrupted: boolean;
  /** Of an interrupted turn: what was planned behind the words that were heard. */
  unheard?: string;
  started_ms?: number;
  ended_ms?: number;
  provider?: string;
  timings?: Timings;
}

export interface ToolLine {
  kind: "tool";
  key: string;
  name: string;
  state: "running" | "done" | "failed";
  duration_ms?: number;
}

export interface NoteLine {
  kind: "note";
  key: string;
  text: string;
}

export type Line = SpeechLine | ToolLine | NoteLine;

/** A call as its events have told it so far. */
export interface CallView {
  /** Of the last event that was taken in: what comes again is dropped. */
  seq: number;
  state: CallState;
  activity: Activity;
  callerSpeaks: boolean;
  transfer: Transfer | null;
  recording: boolean;
  answeredAt: number | null;
  endCause: string | null;
  lines: Line[];
}

/** More than anyone reads back, and a bound on what a day-long call keeps in the page. */
export const mostLines = 2000;

export function emptyView(): CallView {
  return {
    seq: 0, state: "arriving", activity: "connecting", callerSpeaks: false, transfer: null, recording: false,
    answeredAt: null, endCause: null, lines: [],
  };
}

const usable = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** The words of `text` behind those of `heard`; nothing when `heard` is not its beginning. */
export function unheardPart(text: string, heard: string): string {
  const head = heard.trim();
  return text.trim().startsWith(head) ? text.trim().slice(head.length).trim() : "";
}

/** A stored transcript entry as a line. */
export function lineOf(entry: TranscriptEntry): SpeechLine {
  const heard = entry.interrupted && usable(entry.heard_text) ? entry.heard_text : entry.text;
  const unheard = entry.interrupted && usable(entry.heard_text) ? unheardPart(entry.text, entry.heard_text) : "";
  return {
    kind: "speech", key: `turn-${entry.seq}`, speaker: entry.speaker, text: heard, interim: false,
    interrupted: entry.interrupted ?? false, started_ms: entry.started_ms,
    ...(unheard && { unheard }),
    ...(usable(entry.ended_ms) && { ended_ms: entry.ended_ms }),
    ...(usable(entry.provider) && { provider: entry.provider }),
    ...(usable(entry.timings) && { timings: entry.timings }),
  };
}

/** Adds what only the stored transcript knows (unheard words, timings, provider) to lines made from events. */
export function enrich(lines: Line[], transcript: TranscriptEntry[]): Line[] {
  const stored = transcript.filter((entry) => entry.speaker === "assistant").map(lineOf);
  let next = 0;
  return lines.map((line) => {
    if (line.kind !== "speech" || line.speaker !== "assistant" || line.interim) return line;
    const found = stored.findIndex((entry, index) => index >= next && entry.text.trim() === line.text.trim());
    const entry = stored[found];
    if (!entry) return line;
    next = found + 1;
    return { ...entry, key: line.key };
  });
}
