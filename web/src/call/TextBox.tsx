import { ActionIcon, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Problem } from "../api/problem";
import { SendIcon } from "../ui/icons";
import type { CallSession } from "./callSession";

/** For people who cannot talk: what is typed counts as said. */
export function TextBox({ session, disabled }: { session: CallSession; disabled: boolean }) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    const words = text.trim();
    if (!words) return;
    setText("");
    try {
      await session.say(words);
      setError(null);
    } catch (problem) {
      setText(words);
      setError(problem instanceof Problem && problem.unreachable ? "Not sent: the server cannot be reached." : "Not sent. Try again.");
    }
  }

  return (
    <form className="textbox" onSubmit={(event) => void send(event)}>
      <TextInput aria-label="Type instead of speaking" placeholder="Type instead of speaking" size="md" radius="xl" maxLength={5000} value={text}
        onChange={(event) => setText(event.currentTarget.value)} disabled={disabled} error={error} />
      <ActionIcon type="submit" size={42} radius="xl" aria-label="Send" disabled={disabled || !text.trim()}><SendIcon /></ActionIcon>
    </form>
  );
}
