import { useEffect, useRef } from "react";
import { clock, milliseconds, tool, words } from "../ui/format";
import { ToolIcon } from "../ui/icons";
import "./transcript.css";
import type { Line, SpeechLine } from "./view";

export type Names = Partial<Record<SpeechLine["speaker"], string>>;

interface Props {
  lines: Line[];
  /** Who the speakers are to the reader: on the caller's own page the caller is "You". */
  names: Names;
  timings?: boolean;
  /** Marks what is being played, and makes lines with a time clickable. */
  playingMs?: number | null;
  seek?: (ms: number) => void;
  live?: boolean;
}

function Timings({ line }: { line: SpeechLine }) {
  const of = line.timings;
  if (!of) return null;
  const parts = ([["response", of.response_ms], ["recognition", of.stt_final_ms], ["model", of.llm_first_token_ms],
    ["voice", of.tts_first_audio_ms], ["own share", of.own_share_ms]] as const).filter(([, ms]) => ms !== undefined);
  if (parts.length === 0) return null;
  return (
    <dl className="line-timings" aria-label="Timings of this turn">
      {parts.map(([name, ms]) => <div key={name}><dt>{name}</dt><dd>{milliseconds(ms)}</dd></div>)}
    </dl>
  );
}

function Speech({ line, names, timings, playingMs, seek }: { line: SpeechLine } & Omit<Props, "lines" | "live">) {
  const { started_ms: from, ended_ms: to } = line;
  const playing = playingMs != null && from !== undefined && playingMs >= from && playingMs < (to ?? from + 2000);
  const speaking = line.interim && line.speaker === "assistant" && !line.text;
  return (
    <li className={`line line-${line.speaker}`} data-interim={line.interim || undefined} data-interrupted={line.interrupted || undefined}
      aria-current={playing ? "true" : undefined}>
      <div className="line-head">
        <span className="line-who">{names[line.speaker] ?? words(line.speaker)}</span>
        {from !== undefined && (seek
          ? <button type="button" className="line-time" onClick={() => seek(from)} aria-label={`Play from ${clock(from)}`}>{clock(from)}</button>
          : <span className="line-time">{clock(from)}</span>)}
      </div>
      <p className="line-text">
        {speaking ? <span className="dots" role="img" aria-label="speaking"><i /><i /><i /></span> : line.text || (line.interrupted ? "…" : "")}
        {line.unheard && <> <s className="line-unheard" title="Not heard: the caller cut in"><span className="hidden">not heard: </span>{line.unheard}</s></>}
        {line.interrupted && <span className="line-mark">interrupted</span>}
      </p>
      {timings && <Timings line={line} />}
    </li>
  );
}

function Row({ line, ...props }: { line: Line } & Omit<Props, "lines" | "live">) {
  if (line.kind === "speech") return <Speech line={line} {...props} />;
  if (line.kind === "note") return <li className="line-note">{line.text}</li>;
  const states = { running: "running…", done: "done", failed: "failed" };
  return (
    <li className="line-tool" data-state={line.state}>
      <ToolIcon size={16} />
      <span>{tool(line.name)}</span>
      <span className="soft">{states[line.state]}{(props.timings || props.seek) && line.duration_ms !== undefined && ` in ${milliseconds(line.duration_ms)}`}</span>
    </li>
  );
}

export function Transcript({ lines, live, ...props }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const follow = useRef(true);

  // Follows what is said, unless the reader has scrolled back to read.
  useEffect(() => {
    if (live && follow.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines, live]);

  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (current && list.current) list.current.scrollTo({ top: current.offsetTop - list.current.clientHeight / 3 });
  }, [props.playingMs === null || props.playingMs === undefined ? -1 : Math.floor(props.playingMs / 500)]);

  return (
    <div ref={list} className="transcript" tabIndex={0} aria-label="Transcript" role="log" aria-live={live ? "polite" : "off"} aria-relevant="additions text"
      onScroll={({ currentTarget: at }) => { follow.current = at.scrollHeight - at.scrollTop - at.clientHeight < 60; }}>
      <ol>{lines.map((line) => <Row key={line.key} line={line} {...props} />)}</ol>
    </div>
  );
}
