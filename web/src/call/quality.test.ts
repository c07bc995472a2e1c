import { describe, expect, it } from "vitest";
import { qualityOf, type Reading, readingOf } from "./quality";

const reading = (more: Partial<Reading> = {}): Reading =>
  ({ at: 0, received: 1000, lost: 0, jitter_ms: 5, round_trip_ms: 20, buffer_ms: 40, ...more });

describe("quality", () => {
  it.each<[string, Partial<Reading>]>([
    ["good", {}], ["good", { lost: 2 }], ["fair", { lost: 5 }], ["poor", { lost: 20 }],
    ["fair", { jitter_ms: 60 }], ["poor", { jitter_ms: 120 }], ["fair", { round_trip_ms: 300 }], ["poor", { round_trip_ms: 600 }],
    ["good", { round_trip_ms: null }],
  ])("is %s with %j", (grade, now) =>
    expect(qualityOf(reading(), reading({ received: 1100, ...now })).grade).toBe(grade));

  it("forgets losses of long ago", () => expect(qualityOf(reading({ lost: 500 }), reading({ received: 1100, lost: 500 })).loss_percent).toBe(0));
  it("takes silence that was not sent for no loss", () => expect(qualityOf(reading(), reading()).grade).toBe("good"));
  it("has no opinion before the first packet", () => expect(qualityOf(reading({ received: 0 }), reading({ received: 0 })).grade).toBe("none"));
});

it("reads what browsers report, and leaves out what they don't", () => {
  expect(readingOf([
    { type: "inbound-rtp", kind: "audio", packetsReceived: 50, packetsLost: 1, jitter: 0.004, jitterBufferDelay: 2, jitterBufferEmittedCount: 50 },
    { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.021 },
    { type: "candidate-pair", nominated: false, state: "succeeded", currentRoundTripTime: 9 },
  ], 7)).toEqual({ at: 7, received: 50, lost: 1, jitter_ms: 4, round_trip_ms: 21, buffer_ms: 40 });
  expect(readingOf([], 7)).toMatchObject({ received: 0, round_trip_ms: null, buffer_ms: null });
});
