import { useEffect, useState } from "react";
import { whom } from "../transcript/transfer";
import { clock } from "../ui/format";
import type { CallModel } from "./callModel";
import { endWords } from "./problems";
import type { Grade } from "./quality";
import "./status.css";

/** The call in a word or two. */
export function stateWords({ phase, view, trouble }: Pick<CallModel, "phase" | "view" | "trouble">): string {
  if (trouble?.id === "taken-over") return "In another tab";
  if (trouble?.id === "elsewhere") return "In a call already";
  if (phase === "idle" && trouble) return "Not connected";
  if (phase === "idle") return "Ready when you are";
  if (phase === "starting") return "Calling…";
  if (phase === "recovering") return "Reconnecting…";
  if (phase === "over") return "Call ended";
  const agent = view.transfer ? whom(view.transfer) : "an agent";
  switch (view.activity) {
    case "connecting": return "Connecting…";
    case "thinking": return "Thinking";
    case "speaking": return "Speaking";
    case "transferring": return `Transferring to ${agent}`;
    case "with_agent": return `Talking to ${agent}`;
    case "hold": return "On hold";
    case "ended": return "Call ended";
    case "listening": return "Listening";
  }
}

function useElapsed(since: number | null, running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [running]);
  return since === null ? 0 : Math.max(0, now - since);
}

const grades: Record<Grade, [bars: number, words: string]> = {
  good: [3, "Good connection"], fair: [2, "Fair connection"], poor: [1, "Poor connection"], none: [0, "No sound arrives yet"],
};

function Bars({ grade }: { grade: Grade }) {
  const [bars, words] = grades[grade];
  return (
    <span className="bars" data-grade={grade}>
      <svg width="18" height="14" viewBox="0 0 18 14" aria-hidden="true">
        {[0, 1, 2].map((i) => <rect key={i} x={i * 6} y={9 - i * 4} width="4" height={5 + i * 4} rx="1" opacity={i < bars ? 1 : 0.25} />)}
      </svg>
      {words}
    </span>
  );
}

export function Status({ model }: { model: CallModel }) {
  const { phase, view } = model;
  const active = phase === "live" || phase === "recovering";
  const elapsed = useElapsed(view.answeredAt ?? model.startedAt, active);
  return (
    <div className="status">
      <p className="status-word" role="status" aria-live="polite" data-activity={active ? view.activity : phase}>{stateWords(model)}</p>
      {active && (
        <p className="status-facts">
          <span>{clock(elapsed)}</span>
          {view.recording && <span className="status-recording">Recording</span>}
          {phase === "live" && model.quality && <Bars grade={model.quality.grade} />}
          {model.muted && <span className="status-muted">Muted</span>}
        </p>
      )}
      {phase === "over" && !model.trouble && <p className="soft">{endWords(view.endCause)}</p>}
      {phase === "recovering" && <p className="soft">The call waits for you for up to 30 seconds.</p>}
    </div>
  );
}
