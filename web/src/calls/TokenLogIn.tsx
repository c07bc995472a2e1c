import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { session } from "../api/client";
import { Problem } from "../api/problem";
import { Mark } from "../ui/Header";
import { waitWords } from "../ui/format";

function refusal(problem: Problem): string {
  if (problem.unreachable) return "The server cannot be reached.";
  if (problem.status === 429) return `Too many wrong tokens. Try again in ${waitWords(problem.retryAfterSeconds ?? 60)}.`;
  return problem.status === 401 ? "That token is not right." : problem.message;
}

export function TokenLogIn({ done, pin }: { done: () => void; pin: () => void }) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!token.trim()) return;
    setBusy(true);
    try {
      await session.logInAsAdmin(token.trim());
      done();
    } catch (refused) {
      setError(refusal(refused instanceof Problem ? refused : new Problem(0, String(refused))));
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className="login card" aria-labelledby="token-title">
      <Mark size={44} />
      <h1 id="token-title">Calls are private</h1>
      <p className="soft">Open the link that Parley printed when it started, or enter the token from the file <code>admin-token</code> in its data folder.</p>
      <form onSubmit={(event) => void submit(event)}>
        <PasswordInput label="Administrator's token" size="md" autoComplete="off" autoFocus value={token} onChange={(event) => setToken(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show the token", tabIndex: 0 }} />
        <p className="login-trouble" role="alert">{error}</p>
        <Button type="submit" size="md" fullWidth loading={busy}>Show the calls</Button>
        <Button variant="subtle" color="gray" fullWidth mt="xs" onClick={pin}>Log in with a PIN</Button>
      </form>
    </section>
  );
}
