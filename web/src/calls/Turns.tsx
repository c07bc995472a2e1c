import type { TranscriptEntry } from "../api/types";
import { clock, milliseconds } from "../ui/format";

const columns = [
  ["Response", "response_ms"], ["Recognition", "stt_final_ms"], ["Model", "llm_first_token_ms"], ["Voice", "tts_first_audio_ms"], ["Own share", "own_share_ms"],
] as const;

/** How long each answer took, and what of it was whose. */
export function Turns({ transcript }: { transcript: TranscriptEntry[] }) {
  const timed = transcript.filter((entry) => entry.timings?.response_ms !== undefined);
  if (timed.length === 0) return <p className="soft">No answers were timed in this call.</p>;
  const slowest = Math.max(...timed.map((entry) => entry.timings!.response_ms!));
  return (
    <div className="turns" tabIndex={0} role="region" aria-label="Timings per turn">
      <table>
        <thead><tr><th scope="col">At</th>{columns.map(([name]) => <th key={name} scope="col">{name}</th>)}<td aria-hidden="true" /></tr></thead>
        <tbody>
          {timed.map((entry) => (
            <tr key={entry.seq}>
              <th scope="row">{clock(entry.started_ms)}</th>
              {columns.map(([name, key]) => <td key={name}>{milliseconds(entry.timings![key])}</td>)}
              <td className="turns-bar" aria-hidden="true">
                <svg width="100%" height="8" preserveAspectRatio="none"><rect width={`${(100 * entry.timings!.response_ms!) / slowest}%`} height="8" rx="4" /></svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
