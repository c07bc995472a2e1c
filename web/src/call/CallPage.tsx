import { Button } from "@mantine/core";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { LogIn } from "../login/LogIn";
import { useSession } from "../login/useSession";
import { Transcript } from "../transcript/Transcript";
import { debug, sipAddress } from "../ui/document";
import { Header, Mark } from "../ui/Header";
import { words } from "../ui/format";
import { Notice } from "../ui/Notice";
import "./call.css";
import { CallSession } from "./callSession";
import { Controls } from "./Controls";
import { DebugPanel } from "./DebugPanel";
import { Orb } from "./Orb";
import { Person } from "./Person";
import { expired, type Trouble, unreachable } from "./problems";
import { Status } from "./Status";
import { TextBox } from "./TextBox";

const names = { caller: "You", assistant: "Parley", agent: "Agent" };
const remedies = { retry: "Try again", type: "Call without it", log_in: "Log in", take_over: "Bring it here" };

const examples = ["What time is it?", "Add milk to my to-do list", "I want to talk to a person"];

/** `/?to=9196` calls another extension than the assistant's. */
const extension = new URLSearchParams(location.search).get("to");

export function CallPage() {
  const call = useMemo(() => new CallSession(), []);
  const model = useSyncExternalStore(call.subscribe, call.snapshot);
  const { session, problem, refresh, logOut } = useSession(extension);
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
    if (session?.call_id) void call.notice(session.call_id);
  }, [call, session]);
  useEffect(() => {
    if (problem?.unreachable !== true) return;
    const timer = setInterval(() => void refresh(), 5000);
    return () => clearInterval(timer);
  }, [problem, refresh]);

  function afterLogIn(): void {
    setLoggingIn(false);
    setCallAfterwards(false);
    if (callAfterwards) void call.start({ to: extension });
    void refresh();
  }

  const active = model.phase !== "idle" && model.phase !== "over";
  const loggedIn = session !== null && (session.user !== null || (session.role !== null && session.role !== "caller"));
  const mayCall = session === null || session.may_call || loggedIn;
  const local = model.view.lines.some((line) => line.kind === "speech" && line.provider === "local");

  function remedy(trouble: Trouble): { label: string; run: () => void } | undefined {
    if (!trouble.remedy) return undefined;
    const run = {
      retry: () => void call.start({ to: extension }),
      type: () => void call.start({ typed: true, to: extension }),
      log_in: () => { call.dismiss(); setLoggingIn(true); },
      take_over: () => void call.takeOver(),
    }[trouble.remedy];
    return { label: remedies[trouble.remedy], run };
  }

  const header = (
    <Header here="/" calls={session?.role === "admin" || session?.role === "monitor" || session?.role === "supervisor"}>
      {loggedIn && <span className="header-user">{session.user?.name ?? words(session.role)}</span>}
      {!active && (loggedIn ? <Button size="xs" variant="default" onClick={() => void logOut()}>Log out</Button>
        : session && !loggingIn && mayCall && <Button size="xs" variant="default" onClick={() => setLoggingIn(true)}>Log in</Button>)}
    </Header>
  );

  if (!active && session === null && problem === null) return header; // who is calling decides what there is to see

  if (!active && (loggingIn || !mayCall)) {
    return (
      <>
        {header}
        <main className="page-login">
          {model.trouble?.id === expired.id && <Notice id={expired.id} title={expired.title} text={expired.text} />}
          <LogIn title="Who is calling?" text={callAfterwards ? "This line is for people with a PIN. The call begins when you have entered yours." : "Enter your PIN, and Parley knows you."} done={afterLogIn}
            cancel={mayCall ? () => { setLoggingIn(false); setCallAfterwards(false); } : undefined} />
        </main>
      </>
    );
  }

  const trouble = model.trouble ?? (problem?.unreachable && !active ? unreachable : null);
  const elsewhere = model.trouble?.remedy === "take_over";
  const agent = model.view.transfer?.stage === "joined" ? model.view.transfer.name : null;
  const withAgent = model.view.state === "with_agent"; // who does not read what is typed
  const empty = model.view.lines.length === 0;
  return (
    <>
      {header}
      <main className="call" data-active={active || undefined}>
        <section className="stage" aria-label="Call">
          <h1 className="hidden">Call Parley</h1>
          <Status model={{ ...model, trouble }} />
          <Orb session={call} phase={model.phase} elsewhere={elsewhere}
            call={() => void (elsewhere ? call.takeOver() : call.start({ to: extension }))} />
          <div className="voices" aria-hidden="true"><span className="voice-caller">You</span><span className="voice-assistant">{withAgent ? (agent ?? "Agent") : "Parley"}</span></div>
          <Controls session={call} model={model} />
          <Person session={call} model={model} />
          {trouble && <Notice id={trouble.id} title={trouble.title} text={trouble.text} action={elsewhere ? undefined : remedy(trouble)} tone={elsewhere ? "calm" : "alert"} />}
          {model.soundBlocked && (
            <Notice id="sound-blocked" title="The browser holds the sound back" text="It wants one click first." tone="calm"
              action={{ label: "Hear Parley", run: () => call.play() }} />
          )}
          {debug && <DebugPanel model={model} />}
        </section>
        <section className="talk card" aria-label="Conversation">
          {empty ? (
            <div className="talk-empty">
              <Mark size={40} />
              <p>{active ? "What you both say appears here." : elsewhere ? "The conversation goes on elsewhere." : "Press the button and say what you need."}</p>
              {active && <p className="soft">Speak, or type below. You may interrupt at any time.</p>}
              {!active && !elsewhere && <ul className="talk-examples" aria-label="Things to say">{examples.map((words) => <li key={words}>“{words}”</li>)}</ul>}
              {!active && !elsewhere && <Button variant="subtle" c="var(--assistant-ink)" onClick={() => void call.start({ typed: true, to: extension })}>Call without a microphone</Button>}
            </div>
          ) : <Transcript lines={model.view.lines} names={agent ? { ...names, agent } : names} timings={debug} live />}
          {active && !withAgent && <TextBox session={call} disabled={!model.callId} />}
          <p className="talk-foot">
            {local && <span data-local>The assistant runs on this server, without any outside service: it knows a limited set of things.</span>}
            {!local && sipAddress && <span>From a telephone: <code>{sipAddress}</code></span>}
          </p>
        </section>
      </main>
    </>
  );
}
