// A stored call as the page shows it: lines on one time scale, and the transcript as a text file.
import type { CallDetail } from "../api/types";
import { reduce } from "../transcript/reduce";
import { emptyView, type Line, lineOf } from "../transcript/view";
import { clock, party, words } from "../ui/format";

/** Speech from the transcript, with its times; tools, keys and transfers from the events between. */
export function storedLines(detail: CallDetail): Line[] {
  const answered = Date.parse(detail.answered_at ?? detail.started_at);
  const at = new Map((detail.events ?? []).map((event) => [`event-${event.seq}`, Date.parse(event.at) - answered]));
  const others = (detail.events ?? []).reduce(reduce, emptyView()).lines.filter((line) => line.kind !== "speech");
  const timed = [
    ...(detail.transcript ?? []).map((entry) => ({ ms: entry.started_ms, line: lineOf(entry) as Line })),
    ...others.map((line) => ({ ms: at.get(line.key) ?? 0, line })),
  ];
  return timed.sort((a, b) => a.ms - b.ms).map(({ line }) => line);
}

export function transcriptText(detail: CallDetail): string {
  const head = `Call ${detail.id}\n${party(detail.from)} to ${party(detail.to)}, ${detail.started_at}\n\n`;
  const turns = (detail.transcript ?? []).map((entry) => {
    const line = lineOf(entry);
    const mark = line.interrupted ? ` [interrupted${line.unheard ? `; not heard: ${line.unheard}` : ""}]` : "";
    return `${clock(entry.started_ms)}  ${words(entry.speaker)}: ${line.text}${mark}`;
  });
  return `${head}${turns.join("\n")}\n`;
}
