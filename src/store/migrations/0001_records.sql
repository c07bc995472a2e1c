-- Times are milliseconds since 1970 (UTC). Rows are found by ULIDs, which sort by age, so the tables
-- are clustered by them and a call's turns and events lie together.

CREATE TABLE call (
  id           TEXT PRIMARY KEY,
  state        TEXT NOT NULL,
  on_hold      INTEGER NOT NULL,
  direction    TEXT NOT NULL,
  channel      TEXT NOT NULL,
  from_address TEXT NOT NULL,
  to_address   TEXT NOT NULL,
  assistant    TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  answered_at  INTEGER,
  ended_at     INTEGER,
  duration_ms  INTEGER NOT NULL,
  end_cause    TEXT NOT NULL,
  sip_status   INTEGER NOT NULL,
  turns        INTEGER NOT NULL,
  recording    TEXT NOT NULL,
  external_ids TEXT NOT NULL,
  continues    TEXT,
  quality      TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  user_name    TEXT NOT NULL,
  identity     TEXT NOT NULL,
  summary      TEXT,
  extracted    TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE INDEX call_by_start ON call (started_at, id);
CREATE INDEX call_open ON call (state) WHERE state <> 'ended';

CREATE TABLE external_id (
  value   TEXT NOT NULL,
  call_id TEXT NOT NULL,
  name    TEXT NOT NULL,
  PRIMARY KEY (value, call_id, name)
) WITHOUT ROWID;

CREATE TABLE leg (
  id        TEXT PRIMARY KEY,
  call_id   TEXT NOT NULL,
  role      TEXT NOT NULL,
  channel   TEXT NOT NULL,
  address   TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  left_at   INTEGER,
  quality   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX leg_by_call ON leg (call_id);

CREATE TABLE turn (
  call_id     TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  leg_id      TEXT NOT NULL,
  speaker     TEXT NOT NULL,
  text        TEXT NOT NULL,
  started_ms  INTEGER NOT NULL,
  ended_ms    INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  heard_text  TEXT,
  provider    TEXT NOT NULL,
  timings     TEXT NOT NULL,
  PRIMARY KEY (call_id, seq)
) WITHOUT ROWID;

CREATE TABLE event (
  call_id TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  type    TEXT NOT NULL,
  data    TEXT NOT NULL,
  PRIMARY KEY (call_id, seq)
) WITHOUT ROWID;

CREATE TABLE todo (
  id         TEXT PRIMARY KEY,
  owner      TEXT NOT NULL,
  item       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  done_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX todo_open ON todo (owner, id) WHERE done_at IS NULL;

CREATE TABLE note (
  id          TEXT PRIMARY KEY,
  owner       TEXT NOT NULL,
  call_id     TEXT NOT NULL,
  text        TEXT NOT NULL,
  disposition TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX note_by_call ON note (call_id) WHERE call_id <> '';
