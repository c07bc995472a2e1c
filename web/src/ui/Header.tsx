import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import "./header.css";
import { MoonIcon, SunIcon, SystemIcon } from "./icons";

const schemes = {
  auto: { next: "light", icon: <SystemIcon />, label: "Theme: as the system" },
  light: { next: "dark", icon: <SunIcon />, label: "Theme: light" },
  dark: { next: "auto", icon: <MoonIcon />, label: "Theme: dark" },
} as const;

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, icon, label } = schemes[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(next)}>{icon}</ActionIcon>
    </Tooltip>
  );
}

export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path className="mark-caller" d="M14 4a12 12 0 0 0 0 24z" />
      <path className="mark-assistant" d="M18 4a12 12 0 0 1 0 24z" />
    </svg>
  );
}

export function Header({ here, calls, children }: { here: "/" | "/calls"; calls: boolean; children?: ReactNode }) {
  const current = (page: string) => (page === here ? { "aria-current": "page" as const } : {});
  return (
    <header className="header">
      <a className="wordmark" href="/" aria-label="Parley, the caller's page"><Mark /><span>Parley</span></a>
      {calls && (
        <nav aria-label="Pages">
          <a href="/" {...current("/")}>Call</a>
          <a href="/calls" {...current("/calls")}>Calls</a>
        </nav>
      )}
      <div className="header-end">{children}<SchemeSwitch /></div>
    </header>
  );
}
