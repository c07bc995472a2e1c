import { Button, Menu, Tabs } from "@mantine/core";
import { useRef, useState } from "react";
import { calls as api } from "../api/client";
import type { CallDetail } from "../api/types";
import { Transcript } from "../transcript/Transcript";
import type { CallView } from "../transcript/view";
import { cause, channel, clock, party, value, when, words } from "../ui/format";
import { BackIcon, DownloadIcon } from "../ui/icons";
import { Player, type PlayerHandle } from "./Player";
import { storedLines, transcriptText } from "./stored";
import { Turns } from "./Turns";

interface Props {
  detail: CallDetail;
  view: CallView;
  back: () => void;
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function Downloads({ detail }: { detail: CallDetail }) {
  const audio = detail.state === "ended" ? detail.recording_url : null;
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" size="sm" leftSection={<DownloadIcon size={17} />}>Download</Button></Menu.Target>
      <Menu.Dropdown>
        {audio && <Menu.Item component="a" href={`${audio}?format=wav`} download={`${detail.id}.wav`}>Recording (WAV)</Menu.Item>}
        {audio && <Menu.Item component="a" href={`${audio}?format=mp3`} download={`${detail.id}.mp3`}>Recording (MP3)</Menu.Item>}
        <Menu.Item onClick={() => saveText(`${detail.id}.txt`, transcriptText(detail))}>Transcript (text)</Menu.Item>
        {detail.channel === "sip" && <Menu.Item component="a" href={`/api/v1/calls/${detail.id}/sip?format=pcap`} download={`${detail.id}.pcap`}>SIP messages (pcap)</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

function Facts({ detail }: { detail: CallDetail }) {
  const quality = detail.quality;
  const facts: [string, string | null | undefined][] = [
    ["From", detail.from], ["To", detail.to], ["Channel", channel(detail.channel)], ["Assistant", detail.assistant],
    ["Began", when(detail.started_at, new Date())], ["Ended", detail.end_cause && cause(detail.end_cause)],
    ["Identity", detail.user?.identity && words(detail.user.identity)],
    ["Line quality", quality?.mos === undefined ? null : `MOS ${quality.mos.toFixed(1)}, ${quality.packets_lost ?? 0} lost, ${Math.round(quality.jitter_ms ?? 0)} ms jitter`],
    ["Cost", detail.cost?.usd ? `$${detail.cost.usd.toFixed(3)}` : null], ["Call", detail.id],
  ];
  return <dl className="facts">{facts.filter(([, text]) => text).map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}</dl>;
}

function Extracted({ detail }: { detail: CallDetail }) {
  const fields = Object.entries(detail.extracted ?? {});
  if (fields.length === 0) return null;
  return (
    <section className="extracted" aria-label="Extracted fields">
      <dl className="facts">{fields.map(([name, of]) => <div key={name}><dt>{words(name)}</dt><dd>{value(of)}</dd></div>)}</dl>
    </section>
  );
}

export function CallPanel({ detail, view, back }: Props) {
  const live = detail.state !== "ended";
  const player = useRef<PlayerHandle>(null);
  const [playingMs, setPlayingMs] = useState<number | null>(null);
  const names = { caller: detail.user?.name ?? "Caller", assistant: "Assistant", agent: "Agent" };
  const playable = !live && Boolean(detail.recording_url);
  const lines = live ? view.lines : storedLines(detail);
  return (
    <article className="panel card" aria-label={`Call of ${party(detail.from)}`}>
      <header className="panel-head">
        <button type="button" className="panel-back" onClick={back} aria-label="Back to the list"><BackIcon /></button>
        <div>
          <h2>{detail.user?.name ?? party(detail.from)}</h2>
          <p className="soft">{live ? <span className="live-mark">{words(view.activity)}</span> : `${when(detail.started_at, new Date())} · ${clock(detail.duration_ms ?? 0)} · ${cause(detail.end_cause)}`}</p>
        </div>
        <div className="panel-actions">
          {live && <Button size="sm" variant="default" onClick={() => void api.hangUp(detail.id).catch(() => undefined)}>Hang up</Button>}
          <Downloads detail={detail} />
        </div>
      </header>
      {playable && <Player key={detail.id} ref={player} url={detail.recording_url!} durationMs={detail.duration_ms ?? 0} onTime={setPlayingMs} />}
      {detail.summary && <p className="panel-summary">{detail.summary}</p>}
      <Extracted detail={detail} />
      <Tabs defaultValue="transcript" className="panel-tabs" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="transcript">Transcript</Tabs.Tab>
          <Tabs.Tab value="timings">Timings</Tabs.Tab>
          <Tabs.Tab value="details">Details</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="transcript" className="panel-tab">
          {lines.length === 0 ? <p className="panel-empty soft">Nothing has been said.</p>
            : <Transcript lines={lines} names={names} live={live} {...(playable && { playingMs, seek: (ms: number) => player.current?.seek(ms) })} />}
        </Tabs.Panel>
        <Tabs.Panel value="timings" tabIndex={0} className="panel-tab panel-pad"><Turns transcript={detail.transcript ?? []} /></Tabs.Panel>
        <Tabs.Panel value="details" tabIndex={0} className="panel-tab panel-pad"><Facts detail={detail} /></Tabs.Panel>
      </Tabs>
    </article>
  );
}
