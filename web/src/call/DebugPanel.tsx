import { milliseconds } from "../ui/format";
import type { CallModel } from "./callModel";
import "./debug.css";

export function median(of: number[]): number | null {
  if (of.length === 0) return null;
  const sorted = [...of].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** `?debug`: what the caller's ear gets (end to end, measured here), beside what the server says of each turn. */
export function DebugPanel({ model }: { model: CallModel }) {
  const { quality, latenciesMs } = model;
  const facts: [string, string][] = [
    ["End-to-end response", milliseconds(latenciesMs.at(-1))],
    ["Median of the call", milliseconds(median(latenciesMs))],
    ["Button to connection", milliseconds(model.setupMs)],
    ["Round trip", milliseconds(quality?.round_trip_ms)],
    ["Jitter", milliseconds(quality?.jitter_ms)],
    ["Jitter buffer", milliseconds(quality?.buffer_ms)],
    ["Loss", quality ? `${quality.loss_percent.toFixed(1)} %` : "–"],
    ["Call", model.callId ?? "–"],
  ];
  return (
    <section className="debug" aria-label="Timings for developers">
      <dl>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
