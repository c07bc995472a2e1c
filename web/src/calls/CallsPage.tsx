import { Button, Skeleton } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import "../login/login.css";
import { LogIn } from "../login/LogIn";
import { useSession } from "../login/useSession";
import { Header, Mark } from "../ui/Header";
import { Notice } from "../ui/Notice";
import { CallList } from "./CallList";
import { CallPanel } from "./CallPanel";
import "./calls.css";
import { FilterBar } from "./FilterBar";
import { noFilters } from "./query";
import { TokenLogIn } from "./TokenLogIn";
import { useCall } from "./useCall";
import { useCalls } from "./useCalls";

const readers = ["admin", "supervisor", "agent", "monitor"];

/** The chosen call is in the address, so that it can be linked to, and the browser's Back goes to the list. */
function useSelected(): [string | null, (id: string | null) => void] {
  const read = () => new URLSearchParams(location.search).get("id");
  const [id, setId] = useState(read);
  useEffect(() => {
    const follow = () => setId(read());
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const select = useCallback((next: string | null) => {
    history.pushState(null, "", next ? `/calls?id=${encodeURIComponent(next)}` : "/calls");
    setId(next);
  }, []);
  return [id, select];
}

function Doors({ refresh, caller }: { refresh: () => Promise<void>; caller: boolean }) {
  const [pin, setPin] = useState(false);
  const done = () => { setPin(false); void refresh(); };
  return (
    <main className="calls-door">
      {caller && <Notice id="not-allowed" title="Your PIN is for calling" text="The history of calls is for administrators, supervisors and agents." />}
      {pin ? <LogIn title="Log in" text="With the PIN you were given." done={done} cancel={() => setPin(false)} />
        : <TokenLogIn done={done} pin={() => setPin(true)} />}
    </main>
  );
}

export function CallsPage() {
  const { session, problem, refresh, logOut } = useSession();
  const allowed = session !== null && session.role !== null && readers.includes(session.role);
  const [filters, setFilters] = useState(noFilters);
  const [selected, select] = useSelected();
  const { detail, missing, view, feed, refetch } = useCall(allowed ? selected : null);
  const list = useCalls(filters, allowed, feed, refetch);

  useEffect(() => {
    // The cookie ran out: ask anew instead of showing an empty list.
    if (list.problem?.status === 401) void refresh();
  }, [list.problem, refresh]);

  const lost = problem?.unreachable || list.problem?.unreachable || (allowed && list.stream === "lost");
  useEffect(() => {
    if (!problem?.unreachable) return;
    const timer = setInterval(() => void refresh(), 5000);
    return () => clearInterval(timer);
  }, [problem, refresh]);

  const header = (
    <Header here="/calls" calls>
      {allowed && <Button size="xs" variant="default" onClick={() => void logOut()}>Log out</Button>}
    </Header>
  );
  if (session !== null && !allowed) return <>{header}<Doors refresh={refresh} caller={session.role === "caller"} /></>;
  return (
    <>
      {header}
      {lost && <div className="calls-lost"><Notice id="unreachable" title="The server cannot be reached" text="What you see may be old. It is tried again by itself." /></div>}
      <main className="calls" data-selected={selected !== null || undefined}>
        <section className="calls-side" aria-label="List">
          <h1 className="hidden">Calls</h1>
          <FilterBar filters={filters} change={setFilters} assistants={list.assistants} />
          {list.problem && !list.problem.unreachable && list.problem.status !== 401
            && <Notice id="list-failed" title="The calls cannot be shown" text={list.problem.message} action={{ label: "Try again", run: list.reload }} />}
          <CallList calls={list.calls} selected={selected} select={select} more={list.more} loading={list.loading} />
        </section>
        <section className="calls-main" aria-label="Call">
          {selected === null && <div className="panel-none card"><Mark size={40} /><p>Choose a call to read and hear it.</p><p className="soft">Calls in progress are followed as they are spoken.</p></div>}
          {selected !== null && missing && <Notice id="missing" title="There is no such call" text="It may have been deleted." action={{ label: "Back to the list", run: () => select(null) }} />}
          {selected !== null && !missing && !detail && <div className="panel card panel-pad"><Skeleton height={30} width="40%" mb="lg" /><Skeleton height={90} mb="lg" /><Skeleton height={200} /></div>}
          {detail && <CallPanel detail={detail} view={view} back={() => select(null)} />}
        </section>
      </main>
    </>
  );
}
