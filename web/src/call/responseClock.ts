// The end-to-end latency as the caller has it: from the end of their words to the first sound that comes back.

/** Loud enough to be speech, in dBFS. */
const speechDb = -45;
/** A caller has finished when nothing was said for so long; shorter pauses are within a sentence. */
const pauseMs = 200;

export class ResponseClock {
  private lastSpoke: number | null = null;
  private farSpoke = false;

  /** Feeds both levels of one moment. A number when a response began in it: milliseconds since the caller's last word. */
  feed(now: number, nearDb: number, farDb: number): number | null {
    const far = farDb > speechDb;
    const begins = far && !this.farSpoke;
    this.farSpoke = far;
    if (nearDb > speechDb) this.lastSpoke = now;
    if (!begins || this.lastSpoke === null || now - this.lastSpoke < pauseMs) return null;
    const latency = now - this.lastSpoke;
    this.lastSpoke = null;
    return latency;
  }
}
