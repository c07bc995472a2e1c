-- Callers on their way to an agent, and what became of it.

CREATE TABLE transfer (
  id         TEXT PRIMARY KEY,
  call_id    TEXT NOT NULL,
  target     TEXT NOT NULL,
  mode       TEXT NOT NULL,
  via        TEXT NOT NULL,
  state      TEXT NOT NULL,
  cause      TEXT NOT NULL,
  leg_id     TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER
) WITHOUT ROWID;
CREATE INDEX transfer_by_call ON transfer (call_id, id);
