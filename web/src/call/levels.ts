// Loudness of both sides, read when a frame is drawn.

export const silenceDb = -90;

/** RMS of samples from -1 to 1, in dBFS. */
export function levelDb(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.max(silenceDb, db);
}

/** For the eye: 0 at -60 dBFS and below, 1 at -12 and above. */
export function meterPosition(db: number): number {
  return Math.min(1, Math.max(0, (db + 60) / 48));
}

export class LevelMeter {
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private source: MediaStreamAudioSourceNode | null = null;

  constructor(private readonly context: AudioContext) {
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  attach(track: MediaStreamTrack | null): void {
    this.source?.disconnect();
    this.source = track && this.context.createMediaStreamSource(new MediaStream([track]));
    this.source?.connect(this.analyser);
  }

  db(): number {
    if (!this.source) return silenceDb;
    this.analyser.getFloatTimeDomainData(this.samples);
    return levelDb(this.samples);
  }
}
