// A microphone that speaks when it is told to: a test that waits for the assistant's words need not guess how long they take.
import { readFile } from "node:fs/promises";

/** Init script. The page asks for a microphone as ever, and gets a silent one that `window.speak(wav)` speaks into. */
export function microphoneInHand() {
  if (!navigator.mediaDevices) return; // about:blank
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const ears = new Set();
  let context;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    (await ask(constraints)).getTracks().forEach((track) => track.stop());
    context ??= new AudioContext();
    await context.resume();
    const ear = context.createMediaStreamDestination();
    ears.add(ear);
    return ear.stream;
  };
  window.speak = async (base64) => {
    const wav = await context.decodeAudioData(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
    const voice = new AudioBufferSourceNode(context, { buffer: wav });
    ears.forEach((ear) => voice.connect(ear));
    const spoken = new Promise((resolve) => { voice.onended = resolve; });
    voice.start();
    await spoken;
  };
}

/** Says what is in a WAV file; resolves when it has been said. */
export async function sayInto(page, path) {
  await page.evaluate((wav) => window.speak(wav), (await readFile(path)).toString("base64"));
}
