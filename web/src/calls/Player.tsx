import { ActionIcon, NativeSelect, useComputedColorScheme } from "@mantine/core";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import WaveSurfer from "wavesurfer.js";
import { cspNonce } from "../ui/document";
import { clock } from "../ui/format";
import { PauseIcon, PlayIcon } from "../ui/icons";

/** Drawing a waveform means decoding all of the file: a longer one is played without. */
const drawnUpToMs = 30 * 60_000;

export interface PlayerHandle {
  seek: (ms: number) => void;
}

interface Props {
  url: string;
  durationMs: number;
  onTime: (ms: number) => void;
}

function channels() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return ["--caller", "--assistant"].map((name) => ({
    waveColor: `color-mix(in srgb, ${colour(name)} 45%, transparent)`, progressColor: colour(name), height: 44,
  }));
}

export const Player = forwardRef<PlayerHandle, Props>(function Player({ url, durationMs, onTime }, handle) {
  const holder = useRef<HTMLDivElement>(null);
  const surfer = useRef<WaveSurfer>();
  const [playing, setPlaying] = useState(false);
  const [ready, setReady] = useState(false);
  const [failed, setFailed] = useState(false);
  const [ms, setMs] = useState(0);
  const [length, setLength] = useState(durationMs);
  const scheme = useComputedColorScheme("light");
  const tell = useRef(onTime);
  tell.current = onTime;

  useEffect(() => {
    const long = durationMs > drawnUpToMs;
    const made = WaveSurfer.create({
      container: holder.current!, url: `${url}?format=${long ? "mp3" : "wav"}`, cspNonce, normalize: true, barWidth: 2, barGap: 1, barRadius: 2,
      cursorColor: "transparent", dragToSeek: true, splitChannels: channels(),
      ...(long && { peaks: [[0], [0]], duration: durationMs / 1000 }),
    });
    surfer.current = made;
    made.on("ready", (seconds) => { setReady(true); setLength(seconds * 1000); });
    made.on("play", () => setPlaying(true));
    made.on("pause", () => setPlaying(false));
    made.on("finish", () => setPlaying(false));
    made.on("timeupdate", (seconds) => { setMs(seconds * 1000); tell.current(seconds * 1000); });
    made.on("error", () => setFailed(true));
    return () => made.destroy();
  }, [url, durationMs]);

  useEffect(() => {
    // After the scheme's variables have changed.
    const frame = requestAnimationFrame(() => surfer.current?.setOptions({ splitChannels: channels() }));
    return () => cancelAnimationFrame(frame);
  }, [scheme]);

  const seek = (to: number): void => surfer.current?.setTime(to / 1000);
  useImperativeHandle(handle, () => ({
    seek: (to) => {
      seek(to);
      void surfer.current?.play();
    },
  }));

  if (failed) return <p className="player soft" role="alert">The recording cannot be played. It can still be downloaded.</p>;
  return (
    <div className="player" role="group" aria-label="Recording" data-ready={ready || undefined}>
      <ActionIcon size={46} radius="xl" disabled={!ready} onClick={() => void surfer.current?.playPause()} aria-label={playing ? "Pause" : "Play"}>
        {playing ? <PauseIcon /> : <PlayIcon />}
      </ActionIcon>
      <div className="player-wave">
        <div ref={holder} aria-hidden="true" />
        <input type="range" aria-label="Position in the recording" aria-valuetext={`${clock(ms)} of ${clock(length)}`} min={0} max={Math.max(1, Math.round(length))}
          step={1000} value={Math.min(ms, length)} onChange={(event) => seek(Number(event.currentTarget.value))} />
      </div>
      <div className="player-end">
        <span className="player-time">{clock(ms)} / {clock(length)}</span>
        <NativeSelect aria-label="Speed" size="xs" data={["0.75×", "1×", "1.25×", "1.5×", "2×"]} defaultValue="1×"
          onChange={(event) => surfer.current?.setPlaybackRate(Number.parseFloat(event.currentTarget.value), true)} />
      </div>
    </div>
  );
});
