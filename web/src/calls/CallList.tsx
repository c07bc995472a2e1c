import { Button, Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Call } from "../api/types";
import { cause, clock, party, when, words } from "../ui/format";

interface Props {
  calls: Call[];
  selected: string | null;
  select: (id: string) => void;
  more: (() => void) | null;
  loading: boolean;
}

function Item({ call, now, selected, select }: { call: Call; now: Date; selected: boolean; select: () => void }) {
  const live = call.state !== "ended";
  const length = live && call.answered_at ? now.getTime() - Date.parse(call.answered_at) : call.duration_ms;
  return (
    <li>
      <button type="button" className="call-item" aria-current={selected ? "true" : undefined} onClick={select}>
        <span className="call-item-who">{call.user?.name ?? party(call.from)}</span>
        <span className="call-item-length">{length === undefined ? "" : clock(length)}</span>
        <span className="call-item-what soft">{call.direction === "outbound" ? "called from" : "to"} {party(call.to)} · {when(call.started_at, now)}</span>
        <span className="call-item-state" data-live={live || undefined}>{live ? words(call.state) : cause(call.end_cause)}</span>
      </button>
    </li>
  );
}

export function CallList({ calls, selected, select, more, loading }: Props) {
  const [now, setNow] = useState(new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (loading && calls.length === 0) return <div className="call-list">{[1, 2, 3, 4].map((i) => <Skeleton key={i} height={58} mb="xs" radius="md" />)}</div>;
  if (calls.length === 0) return <div className="call-list call-none"><p>No calls here.</p><p className="soft">Calls appear as they come in.</p></div>;
  return (
    <div className="call-list">
      <ul aria-label="Calls">
        {calls.map((call) => <Item key={call.id} call={call} now={now} selected={call.id === selected} select={() => select(call.id)} />)}
      </ul>
      {more && <Button variant="subtle" fullWidth onClick={more}>Show older calls</Button>}
    </div>
  );
}
