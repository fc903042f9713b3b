-- The outbox: what the station has accepted and the collector has not yet confirmed.

CREATE TABLE self (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,                -- random; one life of this outbox
    next_seq INTEGER NOT NULL,          -- taken inside the commit, so no number is ever missing
    prev_sha256 TEXT NOT NULL,
    newest_utc_ns INTEGER NOT NULL,     -- latest trusted time; an earlier clock has lost time
    undated_boot_id TEXT NOT NULL,      -- boot that wrote results before its clock was right
    quarantined INTEGER NOT NULL,       -- ever
    dropped INTEGER NOT NULL,           -- ever
    key TEXT NOT NULL,                  -- the station's public key, 64 hex digits; '' where it has none
    renew TEXT NOT NULL                 -- why a new epoch must begin, '' while none must
) STRICT;

CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,              -- result/posture, event/gap, ...
    session TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,               -- of the body as committed: a disk may change it
    prev_sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL                  -- empty: it waits for the holder of the key
) STRICT;
CREATE INDEX message_session ON message (session);
-- Asked for ten times a second; behind long bodies the column is dear to read.
CREATE INDEX message_unsealed ON message (seq) WHERE seal = x'';

CREATE TABLE quarantine (               -- rejected by the collector, or damaged on this disk
    epoch TEXT NOT NULL,                -- perhaps an earlier one
    seq INTEGER NOT NULL,
    channel TEXT NOT NULL,
    session TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    prev_sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT;

CREATE TABLE grant_floor (              -- highest serial of the site key's grants seen of each role
    role TEXT PRIMARY KEY,
    serial INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE command (                  -- kept before it is carried out: each number acts once
    number INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    answer BLOB NOT NULL                -- empty while it is carried out, or if that broke off
) STRICT;
