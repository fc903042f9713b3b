-- The collector's table of everything the stations have accepted.

CREATE TABLE ingest_key (               -- one row for each message, whatever became of it
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('stored', 'erased', 'rejected')),
    body_sha256 TEXT NOT NULL,          -- empty where the body was erased
    received_at TEXT NOT NULL,
    PRIMARY KEY (station, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (                 -- 1..upto of the epoch has reached its fate
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (station, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE result (
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    session TEXT NOT NULL,
    view TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,            -- as the station's clock said
    clock_state TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    body BLOB NOT NULL,                 -- the bytes as committed by the station
    PRIMARY KEY (station, epoch, seq)
) STRICT;
CREATE INDEX result_session ON result (station, session);

CREATE TABLE event (
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    clock_state TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (station, epoch, seq)
) STRICT;
CREATE INDEX event_boot ON event (station, boot_id) WHERE kind = 'clock';

-- Results with the time corrected: a clock event gives one pair (UTC, boot time) of its boot.
CREATE VIEW screening AS
SELECT result.*, CASE result.clock_state WHEN 'synced' THEN result.utc_ns ELSE COALESCE(
    (SELECT event.utc_ns - event.boottime_ns FROM event
     WHERE event.station = result.station AND event.boot_id = result.boot_id
       AND event.kind = 'clock' AND event.clock_state = 'synced'
     ORDER BY event.boottime_ns DESC LIMIT 1) + result.boottime_ns, result.utc_ns) END
    AS screened_ns
FROM result;

CREATE TABLE gap (                      -- dropped by a station at its limit; what is not here is lost
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (station, epoch, first, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE ingest_conflict (          -- a second body under a known key: a copied card
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (station, epoch, seq, body_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (              -- what could not be taken in, once for each body
    topic TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    station TEXT NOT NULL,              -- '', '' and 0 where the message does not say
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    code TEXT NOT NULL,
    problem TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (topic, body_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE station (                  -- the last message of each station
    station TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    online INTEGER NOT NULL,
    state BLOB NOT NULL,
    birth BLOB NOT NULL,
    health BLOB NOT NULL,
    desired BLOB NOT NULL               -- what the operator wants of it
) STRICT, WITHOUT ROWID;
