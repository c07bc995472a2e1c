import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { SearchIcon } from "../ui/icons";
import { type Filters, noFilters } from "./query";

const states = [
  { value: "", label: "All calls" }, { value: "live", label: "In progress" }, { value: "ended", label: "Ended" },
  { value: "with_assistant", label: "With the assistant" }, { value: "transferring", label: "Transferring" }, { value: "with_agent", label: "With an agent" },
];

interface Props {
  filters: Filters;
  change: (filters: Filters) => void;
  assistants: string[];
}

export function FilterBar({ filters, change, assistants }: Props) {
  const more = filters.assistant !== "" || filters.since !== "" || filters.until !== "";
  const [open, setOpen] = useState(more);
  const set = (part: Partial<Filters>) => change({ ...filters, ...part });
  return (
    <div className="filters" role="search" aria-label="Calls">
      <div className="filters-row">
        <TextInput aria-label="Search calls" placeholder="Search" leftSection={<SearchIcon size={17} />} value={filters.search}
          onChange={(event) => set({ search: event.currentTarget.value })} />
        <NativeSelect aria-label="State" data={states} value={filters.state} onChange={(event) => set({ state: event.currentTarget.value as Filters["state"] })} />
        <Button variant={more ? "light" : "default"} onClick={() => setOpen(!open)} aria-expanded={open}>Filters</Button>
      </div>
      {open && (
        <div className="filters-row filters-more">
          <TextInput type="date" label="From" value={filters.since} onChange={(event) => set({ since: event.currentTarget.value })} />
          <TextInput type="date" label="Until" value={filters.until} onChange={(event) => set({ until: event.currentTarget.value })} />
          <NativeSelect label="Assistant" data={[{ value: "", label: "All" }, ...assistants]} value={filters.assistant}
            onChange={(event) => set({ assistant: event.currentTarget.value })} />
          <Button variant="subtle" color="gray" onClick={() => change(noFilters)}>Clear</Button>
        </div>
      )}
    </div>
  );
}
