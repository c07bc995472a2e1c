import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import "./notice.css";

interface Props {
  id: string;
  title: string;
  text: string;
  action?: { label: string; run: () => void } | undefined;
  tone?: "alert" | "calm";
  children?: ReactNode;
}

/** Something the reader should know, announced to screen readers when it appears. */
export function Notice({ id, title, text, action, tone = "alert", children }: Props) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "alert" ? "alert" : "status"} data-notice={id}>
      <div>
        <strong>{title}</strong>
        <p>{text}</p>
      </div>
      {action && <Button variant="default" size="sm" onClick={action.run}>{action.label}</Button>}
      {children}
    </div>
  );
}
