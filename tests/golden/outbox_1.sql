-- The outbox: what the station has accepted and the collector has not yet confirmed.

CREATE TABLE self (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,                -- random; a new file is a new epoch
    next_seq INTEGER NOT NULL,          -- taken inside the commit, so no number is ever missing
    prev_sha256 TEXT NOT NULL,
    newest_utc_ns INTEGER NOT NULL,     -- latest trusted time; an earlier clock has lost time
    undated_boot_id TEXT NOT NULL,      -- boot that wrote results before its clock was right
    quarantined INTEGER NOT NULL,       -- ever
    dropped INTEGER NOT NULL            -- ever
) STRICT;

CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,              -- result/posture, event/gap, ...
    session TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX message_session ON message (session);

CREATE TABLE quarantine (               -- refused by the collector, which keeps a copy
    seq INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    session TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    code TEXT NOT NULL
) STRICT;
