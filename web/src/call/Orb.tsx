import { useEffect, useRef } from "react";
import { HangUpIcon, PhoneIcon } from "../ui/icons";
import { meterPosition } from "./levels";
import type { Phase } from "./callModel";
import type { CallSession } from "./callSession";
import "./orb.css";

const barsPerSide = 22;
const radius = 118;
const size = 320;

/** The two voices around the button: the caller's half on the left, Parley's on the right. */
function draw(canvas: HTMLCanvasElement, near: number[], far: number[]): void {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== size * ratio) canvas.width = canvas.height = size * ratio;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  context.translate(size / 2, size / 2);
  context.lineWidth = 4;
  context.lineCap = "round";
  const style = getComputedStyle(canvas);
  for (const [side, levels, colour] of [[-1, near, style.getPropertyValue("--caller")], [1, far, style.getPropertyValue("--assistant")]] as const) {
    context.strokeStyle = colour;
    for (let i = 0; i < barsPerSide; ++i) {
      // From the middle of each side outwards to the top and the bottom: the newest sound is in the middle.
      const offset = (i - (barsPerSide - 1) / 2) / (barsPerSide / 2);
      const level = levels[Math.floor(Math.abs(offset) * (levels.length - 1))] ?? 0;
      const angle = offset * Math.PI * 0.44;
      const [x, y] = [side * Math.cos(angle), Math.sin(angle)];
      const length = 3 + 34 * level * (1 - 0.35 * Math.abs(offset));
      context.globalAlpha = 0.28 + 0.72 * Math.min(1, level * 1.6);
      context.beginPath();
      context.moveTo(x * radius, y * radius);
      context.lineTo(x * (radius + length), y * (radius + length));
      context.stroke();
    }
  }
}

function useMeter(session: CallSession, running: boolean) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const near = Array<number>(11).fill(0), far = Array<number>(11).fill(0);
    let frame = 0;
    const step = (): void => {
      const levels = session.levels();
      for (const [history, db] of [[near, levels.near], [far, levels.far]] as const) {
        history.unshift(Math.max(meterPosition(db), (history[0] ?? 0) * 0.86));
        history.pop();
      }
      if (canvas.current) {
        canvas.current.dataset.near = (near[0] ?? 0).toFixed(2);
        canvas.current.dataset.far = (far[0] ?? 0).toFixed(2);
        draw(canvas.current, near, far);
      }
      if (running) frame = requestAnimationFrame(step);
    };
    step();
    const redraw = matchMedia("(prefers-color-scheme: dark)");
    redraw.addEventListener("change", step);
    return () => {
      cancelAnimationFrame(frame);
      redraw.removeEventListener("change", step);
    };
  }, [session, running]);
  return canvas;
}

interface Props {
  session: CallSession;
  phase: Phase;
  /** The call goes on in another tab: the button brings it here. */
  elsewhere: boolean;
  call: () => void;
}

export function Orb({ session, phase, elsewhere, call }: Props) {
  const active = phase !== "idle" && phase !== "over";
  const canvas = useMeter(session, active);
  const label = active ? (phase === "starting" ? "Cancel" : "Hang up") : elsewhere ? "Bring it here" : phase === "over" ? "Call again" : "Call";
  return (
    <div className="orb" data-phase={phase}>
      <canvas ref={canvas} role="img" aria-label="Level of both voices: yours on the left, the other one on the right" />
      <button type="button" className="orb-button" onClick={() => (active ? session.hangUp() : call())}>
        {active ? <HangUpIcon size={44} /> : <PhoneIcon size={44} />}
        <span>{label}</span>
      </button>
    </div>
  );
}
