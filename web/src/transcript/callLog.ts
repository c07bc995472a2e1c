import type { CallEvent, TranscriptEntry } from "../api/types";
import { reduce } from "./reduce";
import { type CallView, emptyView, enrich, type Line } from "./view";

/** The events of one call, in whatever order and however often they come: live, replayed, or with the stored call. */
export class CallLog {
  private readonly events = new Map<number, CallEvent>();
  private folded = emptyView();
  private transcript: TranscriptEntry[] = [];

  add(event: CallEvent): void {
    if (this.events.has(event.seq)) return;
    this.events.set(event.seq, event);
    if (event.seq > this.folded.seq) this.folded = reduce(this.folded, event);
    else this.refold();
  }

  /** What the API stored of the call, which may be behind what was heard live, or ahead of it. */
  merge(events: CallEvent[], transcript: TranscriptEntry[]): void {
    for (const event of events) this.events.set(event.seq, event);
    this.transcript = transcript;
    this.refold();
  }

  private refold(): void {
    this.folded = [...this.events.values()].sort((a, b) => a.seq - b.seq).reduce(reduce, emptyView());
  }

  /** Whether an event before the last one is missing (they are numbered from 1). */
  get incomplete(): boolean {
    return this.events.size < this.folded.seq;
  }

  get view(): CallView {
    return { ...this.folded, lines: enrich(this.folded.lines, this.transcript) };
  }

  /** Whether everything the assistant was heard to say has its stored entry. */
  get explained(): boolean {
    return this.view.lines.every((line: Line) => line.kind !== "speech" || line.speaker !== "assistant" || line.interim || line.provider !== undefined);
  }
}
