// Records what the page's RTCPeerConnection receives: 16-bit mono samples at 48 kHz.

/** Init script. Reads the track itself, and needs no script of its own in the page: its policy stays in force. */
export function recordRemote() {
  const Native = window.RTCPeerConnection;
  window.heard = [];
  async function record(track) {
    // Without an element that plays it, Chromium decodes nothing.
    Object.assign(new Audio(), { srcObject: new MediaStream([track]), muted: true }).play();
    const reader = new window.MediaStreamTrackProcessor({ track, maxBufferSize: 1000 }).readable.getReader();
    for (;;) {
      const { value: sound, done } = await reader.read();
      if (done) return;
      const block = new Float32Array(sound.numberOfFrames);
      sound.copyTo(block, { planeIndex: 0, format: "f32-planar" });
      if (sound.sampleRate !== 48_000) throw new Error(`recorded at ${sound.sampleRate} Hz`);
      window.heard.push(block);
      sound.close();
    }
  }
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", ({ track }) => record(track));
    }
  };
}

/** What was heard so far, as a WAV file's bytes. */
export async function heardWav(page) {
  const base64 = await page.evaluate(() => {
    const samples = window.heard.flatMap((block) => [...block]);
    const bytes = new Uint8Array(new Int16Array(samples.map((s) => Math.max(-1, Math.min(1, s)) * 32767)).buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  });
  const data = Buffer.from(base64, "base64");
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(96_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
