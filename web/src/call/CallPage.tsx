import { Button } from "@mantine/core";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { LogIn } from "../login/LogIn";
import { useSession } from "../login/useSession";
import { Transcript } from "../transcript/Transcript";
import { debug, sipAddress } from "../ui/document";
import { Header } from "../ui/Header";
import { Notice } from "../ui/Notice";
import "./call.css";
import { CallSession } from "./callSession";
import { Controls } from "./Controls";
import { DebugPanel } from "./DebugPanel";
import { Orb } from "./Orb";
import { expired, type Trouble, unreachable } from "./problems";
import { Status } from "./Status";
import { TextBox } from "./TextBox";

const names = { caller: "You", assistant: "Parley", agent: "Agent" };
const remedies = { retry: "Try again", type: "Call without it", log_in: "Log in", take_back: "Bring it here" };

/** `/?to=9196` calls another extension than the assistant's. */
const extension = new URLSearchParams(location.search).get("to");

export function CallPage() {
  const call = useMemo(() => new CallSession(), []);
  const model = useSyncExternalStore(call.subscribe, call.snapshot);
  const { session, problem, refresh, logOut } = useSession();
  const [loggingIn, setLoggingIn] = useState(false);
  const [callAfterwards, setCallAfterwards] = useState(false);

  useEffect(() => {
    if (model.trouble?.id !== "log-in") return;
    call.dismiss();
    setLoggingIn(true);
    setCallAfterwards(true);
  }, [call, model.trouble]);
  useEffect(() => void call.resume(), [call]);
  useEffect(() => {
    if (problem?.unreachable !== true) return;
    const timer = setInterval(() => void refresh(), 5000);
    return () => clearInterval(timer);
  }, [problem, refresh]);

  function loggedIn(): void {
    setLoggingIn(false);
    setCallAfterwards(false);
    if (callAfterwards) void call.start({ to: extension });
    void refresh();
  }

  const active = model.phase !== "idle" && model.phase !== "over";
  const mayCall = session === null || session.role !== null || Array.isArray(session.ice_servers);
  const local = model.view.lines.some((line) => line.kind === "speech" && line.provider === "local");

  function remedy(trouble: Trouble): { label: string; run: () => void } | undefined {
    if (!trouble.remedy) return undefined;
    const run = {
      retry: () => void call.start({ to: extension }),
      type: () => void call.start({ typed: true, to: extension }),
      log_in: () => { call.dismiss(); setLoggingIn(true); },
      take_back: () => void call.takeBack(),
    }[trouble.remedy];
    return { label: remedies[trouble.remedy], run };
  }

  const header = (
    <Header here="/" calls={session?.role === "admin" || session?.role === "monitor" || session?.role === "supervisor"}>
      {session?.role && <span className="header-user">{session.user?.name ?? (session.role === "admin" ? "Administrator" : "")}</span>}
      {session?.role ? <Button size="xs" variant="default" disabled={active} onClick={() => void logOut()}>Log out</Button>
        : session && !loggingIn && mayCall && <Button size="xs" variant="default" disabled={active} onClick={() => setLoggingIn(true)}>Log in</Button>}
    </Header>
  );

  if (!active && (loggingIn || !mayCall)) {
    return (
      <>
        {header}
        <main className="page-login">
          {model.trouble?.id === expired.id && <Notice id={expired.id} title={expired.title} text={expired.text} />}
          <LogIn title="Who is calling?" text={callAfterwards ? "This line is for people with a PIN. The call begins when you have entered yours." : "Enter your PIN, and Parley knows you."} done={loggedIn}
            cancel={mayCall ? () => { setLoggingIn(false); setCallAfterwards(false); } : undefined} />
        </main>
      </>
    );
  }

  const trouble = model.trouble ?? (problem?.unreachable && !active ? unreachable : null);
  const empty = model.view.lines.length === 0;
  return (
    <>
      {header}
      <main className="call" data-active={active || undefined}>
        <section className="stage" aria-label="Call">
          <h1 className="hidden">Call Parley</h1>
          <Status model={model} />
          <Orb session={call} phase={model.phase} call={() => void call.start({ to: extension })} />
          <div className="voices" aria-hidden="true"><span className="voice-caller">You</span><span className="voice-assistant">Parley</span></div>
          <Controls session={call} model={model} />
          {trouble && <Notice id={trouble.id} title={trouble.title} text={trouble.text} action={remedy(trouble)} tone={trouble.id === "taken-over" ? "calm" : "alert"} />}
          {model.soundBlocked && (
            <Notice id="sound-blocked" title="The browser holds the sound back" text="It wants one click first." tone="calm"
              action={{ label: "Hear Parley", run: () => call.play() }} />
          )}
          {debug && <DebugPanel model={model} />}
        </section>
        <section className="talk card" aria-label="Conversation">
          {empty ? (
            <div className="talk-empty">
              <p>{active ? "What you both say appears here." : "Press the button and say what you need."}</p>
              {!active && <p className="soft">Ask what time it is, say “add milk to my list”, or say goodbye. You may interrupt at any time.</p>}
              {!active && <Button variant="subtle" onClick={() => void call.start({ typed: true, to: extension })}>Call without a microphone</Button>}
            </div>
          ) : <Transcript lines={model.view.lines} names={names} timings={debug} live />}
          {active && <TextBox session={call} disabled={!model.callId} />}
          <p className="talk-foot">
            {local && <span data-local>The assistant runs on this server, without any outside service: it knows a limited set of things.</span>}
            {!local && sipAddress && <span>From a telephone: <code>{sipAddress}</code></span>}
          </p>
        </section>
      </main>
    </>
  );
}
