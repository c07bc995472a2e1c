import { Button } from "@mantine/core";
import { transferWords, underWay } from "../transcript/transfer";
import { PersonIcon } from "../ui/icons";
import type { CallModel } from "./callModel";
import type { CallSession } from "./callSession";
import "./person.css";

const meanwhile = { calling: "You hear music until somebody answers.", ringing: "You hear music until somebody answers.", answered: "You are connected in a moment." };

/** The way to a person: asking for one, what becomes of it, and why nobody came. */
export function Person({ session, model }: { session: CallSession; model: CallModel }) {
  const { phase, view, askingForPerson, noPerson } = model;
  const { transfer } = view;
  if (phase !== "live" && phase !== "recovering") return null;

  if (transfer && underWay(transfer)) {
    const stage = transfer.stage as keyof typeof meanwhile;
    return (
      <div className="person" data-stage={stage}>
        <span className="person-face" aria-hidden="true"><PersonIcon size={22} /></span>
        <div className="person-words" role="status"><strong>{transferWords(transfer)}</strong><p>{meanwhile[stage]}</p></div>
        {stage !== "answered" && <Button size="sm" variant="default" onClick={() => void session.neverMind()}>Never mind</Button>}
      </div>
    );
  }
  if (view.state !== "with_assistant") return null;

  const failed = noPerson ?? (transfer && { title: transferWords(transfer), text: "Parley is back with you." });
  const ask = { loading: askingForPerson, onClick: () => void session.askForPerson() };
  if (!failed) return <Button className="person-ask" size="sm" variant="default" leftSection={<PersonIcon size={18} />} {...ask}>Talk to a person</Button>;
  return (
    <div className="person" data-stage="failed">
      <span className="person-face" aria-hidden="true"><PersonIcon size={22} /></span>
      <div className="person-words" role="status"><strong>{failed.title}</strong><p>{failed.text}</p></div>
      <Button size="sm" variant="default" {...ask}>Try again</Button>
    </div>
  );
}
