-- People who prove who they are with a PIN. `pin_index` finds a PIN without knowing whose it is,
-- `pin_hash` proves it (store/pin.hpp).

CREATE TABLE user (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL COLLATE NOCASE UNIQUE,
  pin_index  TEXT NOT NULL UNIQUE,
  pin_hash   TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
