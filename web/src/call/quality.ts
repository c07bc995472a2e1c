// The line's quality from two readings of getStats().

export interface Reading {
  at: number;
  received: number;
  lost: number;
  jitter_ms: number;
  round_trip_ms: number | null;
  buffer_ms: number | null;
}

export type Grade = "good" | "fair" | "poor" | "none";

export interface Quality {
  grade: Grade;
  loss_percent: number;
  jitter_ms: number;
  round_trip_ms: number | null;
  buffer_ms: number | null;
}

type Stats = Record<string, unknown>;
const number = (stats: Stats, name: string): number | null => (typeof stats[name] === "number" ? (stats[name] as number) : null);

export function readingOf(report: Iterable<Stats>, at: number): Reading {
  const reading: Reading = { at, received: 0, lost: 0, jitter_ms: 0, round_trip_ms: null, buffer_ms: null };
  for (const stats of report) {
    if (stats.type === "inbound-rtp" && stats.kind === "audio") {
      reading.received = number(stats, "packetsReceived") ?? 0;
      reading.lost = number(stats, "packetsLost") ?? 0;
      reading.jitter_ms = (number(stats, "jitter") ?? 0) * 1000;
      const delay = number(stats, "jitterBufferDelay");
      const emitted = number(stats, "jitterBufferEmittedCount");
      if (delay !== null && emitted) reading.buffer_ms = (delay / emitted) * 1000;
    }
    if (stats.type === "candidate-pair" && stats.nominated === true && stats.state === "succeeded") {
      const roundTrip = number(stats, "currentRoundTripTime");
      if (roundTrip !== null) reading.round_trip_ms = roundTrip * 1000;
    }
  }
  return reading;
}

/** Of the time between both readings. Silence that is not sent (DTX) is no loss; `none` when nothing was ever received. */
export function qualityOf(before: Reading, now: Reading): Quality {
  const received = Math.max(0, now.received - before.received);
  const lost = Math.max(0, now.lost - before.lost);
  const loss_percent = received + lost === 0 ? 0 : (100 * lost) / (received + lost);
  const { jitter_ms, round_trip_ms, buffer_ms } = now;
  const worse = (good: number, fair: number, value: number): number => (value <= good ? 0 : value <= fair ? 1 : 2);
  const worst = Math.max(worse(2, 6, loss_percent), worse(30, 80, jitter_ms), worse(200, 450, round_trip_ms ?? 0));
  const grade: Grade = now.received === 0 ? "none" : (["good", "fair", "poor"] as const)[worst]!;
  return { grade, loss_percent, jitter_ms, round_trip_ms, buffer_ms };
}
