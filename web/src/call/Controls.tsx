import { Popover, Slider } from "@mantine/core";
import { type ComponentPropsWithoutRef, forwardRef, type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { KeypadIcon, MicrophoneIcon, MutedIcon, SettingsIcon, VolumeIcon } from "../ui/icons";
import type { CallModel } from "./callModel";
import type { CallSession } from "./callSession";
import "./controls.css";
import { Devices } from "./Devices";

const keys = [..."123456789*0#"];
const letters: Record<string, string> = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ" };
const names: Record<string, string> = { "*": "star", "#": "pound" };

function Keypad({ press }: { press: (digit: string) => boolean }) {
  const [pressed, setPressed] = useState("");
  const send = (digit: string) => setPressed(press(digit) ? (pressed + digit).slice(-18) : "This call takes no keys");
  return (
    <div className="keypad" role="group" aria-label="Keypad"
      onKeyDown={(event) => { if (keys.includes(event.key)) send(event.key); }}>
      <output className="keypad-pressed" aria-label="Keys pressed">{pressed || "\u00a0"}</output>
      {keys.map((digit) => (
        <button key={digit} type="button" onClick={() => send(digit)} {...(names[digit] && { "aria-label": names[digit] })}>
          <b>{digit}</b> <small>{letters[digit] ?? "\u00a0"}</small>
        </button>
      ))}
    </div>
  );
}

interface ControlProps extends ComponentPropsWithoutRef<"button"> {
  label: string;
  icon: ReactNode;
  on?: boolean;
}

const Control = forwardRef<HTMLButtonElement, ControlProps>(function Control({ label, icon, on, ...button }, ref) {
  return (
    <button ref={ref} type="button" {...button} className="control" data-on={on || undefined} {...(on !== undefined && { "aria-pressed": on })}>
      <span className="control-face">{icon}</span>
      <span>{label}</span>
    </button>
  );
});

/** Escape closes what is open, wherever the focus is: Mantine's own only listens inside of it. */
function useEscape(target: RefObject<HTMLElement> | null, close: () => void): void {
  useEffect(() => {
    if (!target) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.isComposing) return;
      close();
      target.current?.focus();
    };
    document.addEventListener("keydown", listen, true);
    return () => document.removeEventListener("keydown", listen, true);
  }, [target, close]);
}

export function Controls({ session, model }: { session: CallSession; model: CallModel }) {
  const [open, setOpen] = useState<"keypad" | "volume" | null>(null);
  const [devices, setDevices] = useState(false);
  const active = model.phase === "live" || model.phase === "recovering";
  const targets = { keypad: useRef<HTMLButtonElement>(null), volume: useRef<HTMLButtonElement>(null) };
  const close = useCallback(() => setOpen(null), []);
  useEscape(open && targets[open], close);
  const toggle = (what: "keypad" | "volume") => setOpen(open === what ? null : what);
  return (
    <div className="controls" role="group" aria-label="Call controls">
      {active && !model.typed && (
        <Control label="Mute" icon={model.muted ? <MutedIcon size={22} /> : <MicrophoneIcon size={22} />} on={model.muted}
          onClick={() => session.mute(!model.muted)} />
      )}
      {active && (
        <Popover opened={open === "keypad"} onClose={close} closeOnEscape={false} trapFocus position="top" withArrow>
          <Popover.Target><Control ref={targets.keypad} label="Keypad" icon={<KeypadIcon size={22} />} onClick={() => toggle("keypad")} /></Popover.Target>
          <Popover.Dropdown aria-label="Keypad"><Keypad press={(digit) => session.press(digit)} /></Popover.Dropdown>
        </Popover>
      )}
      <Popover opened={open === "volume"} onClose={close} closeOnEscape={false} trapFocus position="top" withArrow>
        <Popover.Target><Control ref={targets.volume} label="Volume" icon={<VolumeIcon size={22} />} onClick={() => toggle("volume")} /></Popover.Target>
        <Popover.Dropdown aria-label="Volume">
          <Slider w={200} min={0} max={100} value={Math.round(model.volume * 100)} onChange={(percent) => session.setVolume(percent / 100)}
            thumbLabel="Volume" label={(percent) => `${percent} %`} />
        </Popover.Dropdown>
      </Popover>
      <Control label="Sound" icon={<SettingsIcon size={22} />} onClick={() => setDevices(true)} aria-haspopup="dialog" />
      <Devices session={session} choice={model.choice} opened={devices} close={() => setDevices(false)} />
    </div>
  );
}
