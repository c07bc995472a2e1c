import { useCallback, useEffect, useRef, useState } from "react";
import { calls as api } from "../api/client";
import { EventStream, type StreamState } from "../api/events";
import { Problem } from "../api/problem";
import type { Call, CallEvent } from "../api/types";
import { apiQuery, type Filters, matches, upsert } from "./query";

interface State {
  calls: Call[];
  cursor: string | null;
  loading: boolean;
  problem: Problem | null;
  stream: StreamState;
}

/** More changed calls at once than this are read as a page, not one by one. */
const oneByOne = 5;
const listed = /^(call\.|extracted\.|recording\.(started|stopped)|leg\.quality)/;

/** The history and the calls in progress. `onEvent` sees every event of every call. */
export function useCalls(filters: Filters, enabled: boolean, onEvent: (event: CallEvent) => void, onGap: () => void) {
  const [state, setState] = useState<State>({ calls: [], cursor: null, loading: true, problem: null, stream: "connecting" });
  const current = useRef(filters);
  const changed = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const handlers = useRef({ onEvent, onGap });
  handlers.current = { onEvent, onGap };
  const server = apiQuery(filters, null).toString();
  current.current = filters;

  const load = useCallback(async (cursor: string | null, replace: boolean) => {
    const asked = apiQuery(current.current, null).toString();
    try {
      const page = await api.list(apiQuery(current.current, cursor));
      if (asked !== apiQuery(current.current, null).toString()) return;
      setState((old) => ({ ...old, calls: upsert(replace ? [] : old.calls, page.calls), cursor: page.next_cursor, loading: false, problem: null }));
    } catch (error) {
      setState((old) => ({ ...old, loading: false, problem: error instanceof Problem ? error : new Problem(0, String(error)) }));
    }
  }, []);

  useEffect(() => {
    if (!enabled) return;
    setState((old) => ({ ...old, loading: true }));
    void load(null, true);
  }, [enabled, server, load]);

  useEffect(() => {
    if (!enabled) return;
    const flush = async (): Promise<void> => {
      const ids = [...changed.current];
      changed.current.clear();
      if (ids.length > oneByOne) return load(null, false);
      const fresh = (await Promise.all(ids.map((id) => api.show(id).catch(() => null)))).filter((call) => call !== null);
      setState((old) => ({ ...old, calls: upsert(old.calls, fresh) }));
    };
    const stream = new EventStream({
      event: (event) => {
        handlers.current.onEvent(event);
        if (!event.call_id || !listed.test(event.type)) return;
        if (changed.current.size === 0) timer.current = setTimeout(() => void flush(), 250);
        changed.current.add(event.call_id);
      },
      state: (now) => setState((old) => ({ ...old, stream: now })),
      gap: () => {
        void load(null, true);
        handlers.current.onGap();
      },
    });
    return () => {
      clearTimeout(timer.current);
      changed.current.clear();
      stream.close();
    };
  }, [enabled, load]);

  return {
    ...state,
    calls: state.calls.filter((call) => matches(call, filters)),
    assistants: [...new Set(state.calls.map((call) => call.assistant).filter((name): name is string => Boolean(name)))].sort(),
    more: state.cursor === null ? null : () => void load(state.cursor, false),
    reload: () => void load(null, true),
  };
}
