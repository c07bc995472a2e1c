// Records what the page's RTCPeerConnection receives: 16-bit mono samples at 48 kHz.

/** To be added as an init script (`openWindow(browser, {init: [recordRemote]})`). */
export function recordRemote() {
  const Native = window.RTCPeerConnection;
  const source = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
  });`;
  window.heard = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", async ({ track }) => {
        const stream = new MediaStream([track]);
        // Without an element that plays it, Chromium's Web Audio gets zeros.
        Object.assign(new Audio(), { srcObject: stream, muted: true }).play();
        const context = new AudioContext({ sampleRate: 48_000 });
        await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
        const tap = new AudioWorkletNode(context, "tap");
        tap.port.onmessage = ({ data }) => window.heard.push(data);
        context.createMediaStreamSource(stream).connect(tap);
      });
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
