import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { session } from "../api/client";
import { Problem } from "../api/problem";
import { refusedPin, type Trouble } from "../call/problems";
import { Mark } from "../ui/Header";
import "./login.css";

interface Props {
  title: string;
  text: string;
  done: () => void;
  cancel?: (() => void) | undefined;
}

export function LogIn({ title, text, done, cancel }: Props) {
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [lockedUntil, setLockedUntil] = useState(0);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (lockedUntil === 0) return;
    const timer = setTimeout(() => {
      setLockedUntil(0);
      setTrouble(null);
    }, Math.min(Math.max(0, lockedUntil - Date.now()), 0x7fffffff));
    return () => clearTimeout(timer);
  }, [lockedUntil]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!pin || busy) return;
    setBusy(true);
    try {
      await session.logIn(pin);
      done();
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(0, String(error));
      setTrouble(refusedPin(problem));
      if (problem.status === 429) setLockedUntil(Date.now() + (problem.retryAfterSeconds ?? 900) * 1000);
      setPin("");
      input.current?.focus();
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="login card" aria-labelledby="login-title">
      <Mark size={44} />
      <h1 id="login-title">{title}</h1>
      <p className="soft">{text}</p>
      <form onSubmit={(event) => void submit(event)}>
        <PasswordInput ref={input} label="PIN" size="lg" inputMode="numeric" autoComplete="current-password" maxLength={64} autoFocus
          value={pin} onChange={(event) => setPin(event.currentTarget.value)} disabled={lockedUntil > 0}
          visibilityToggleButtonProps={{ "aria-label": "Show the PIN", tabIndex: 0 }}
          {...(trouble && { "aria-describedby": "login-trouble" })} />
        <p id="login-trouble" className="login-trouble" role="alert" data-notice={trouble?.id}>
          {trouble && <><strong>{trouble.title}.</strong> {trouble.text}</>}
        </p>
        <Button type="submit" size="lg" fullWidth loading={busy} disabled={lockedUntil > 0}>Log in</Button>
        {cancel && <Button variant="subtle" color="gray" fullWidth mt="xs" onClick={cancel}>Back</Button>}
      </form>
    </section>
  );
}
