import { useCallback, useEffect, useRef, useState } from "react";
import { calls as api } from "../api/client";
import type { CallDetail, CallEvent } from "../api/types";
import { CallLog } from "../transcript/callLog";
import { type CallView, emptyView } from "../transcript/view";

/** One call, followed: feed it the events, it fetches what they don't tell. */
export function useCall(id: string | null) {
  const [detail, setDetail] = useState<CallDetail | null>(null);
  const [missing, setMissing] = useState(false);
  const [view, setView] = useState<CallView>(emptyView());
  const log = useRef(new CallLog());
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const wanted = useRef(id);
  wanted.current = id;

  const fetchSoon = useCallback((ms: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const asked = wanted.current;
      if (!asked) return;
      const found = await api.show(asked).catch(() => null);
      if (wanted.current !== asked) return;
      setMissing(found === null);
      if (!found) return;
      log.current.merge(found.events ?? [], found.transcript ?? []);
      setDetail(found);
      setView(log.current.view);
    }, ms);
  }, []);

  useEffect(() => {
    log.current = new CallLog();
    setDetail(null);
    setMissing(false);
    setView(emptyView());
    if (id) fetchSoon(0);
    return () => clearTimeout(timer.current);
  }, [id, fetchSoon]);

  const feed = useCallback((event: CallEvent) => {
    if (event.call_id !== wanted.current) return;
    log.current.add(event);
    setView(log.current.view);
    if (/^(call|transfer|recording|extracted)\./.test(event.type) || log.current.incomplete || !log.current.explained) fetchSoon(400);
  }, [fetchSoon]);

  return { detail, missing, view, feed, refetch: () => fetchSoon(0) };
}
