-- The collector's table of everything the stations have accepted. A message's key is
-- (site, station, epoch, seq): two sites may call a station by one name.

CREATE TABLE ingest_key (               -- one row for each message, whatever became of it
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('stored', 'erased', 'rejected', 'moved')),
    body_sha256 TEXT NOT NULL,          -- stays when the body is erased; '' where it never came
    prev_sha256 TEXT NOT NULL,          -- '' where it is not known
    link TEXT NOT NULL,                 -- to the message before: ok, broken, '' while unjudged
    received_at TEXT NOT NULL,
    PRIMARY KEY (site, station, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX ingest_key_broken ON ingest_key (site, station) WHERE link = 'broken';
CREATE INDEX ingest_key_rejected ON ingest_key (site, station) WHERE fate = 'rejected';

CREATE TABLE chain_end (                -- what a run of dropped or erased messages left
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    prev_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (site, station, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_end_last ON chain_end (site, station, epoch, last);

CREATE TABLE result (
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    session TEXT NOT NULL,
    view TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,            -- as the station's clock said
    clock_state TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    origin TEXT NOT NULL,               -- where its frames came from; unknown from version 0.1
    body BLOB NOT NULL,                 -- the bytes as committed by the station
    seal BLOB NOT NULL,                 -- as it came beside the body; empty from version 0.1
    PRIMARY KEY (site, station, epoch, seq)
) STRICT;
CREATE INDEX result_session ON result (site, station, session);
CREATE INDEX result_unsynced ON result (site, station, boot_id) WHERE clock_state <> 'synced';

CREATE TABLE measure (                  -- a row for each measure of a result
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    part INTEGER NOT NULL,              -- its place in the message
    utc_ns INTEGER NOT NULL,            -- of its result
    code TEXT NOT NULL,
    side TEXT NOT NULL,
    view TEXT NOT NULL,
    value REAL,                         -- NULL where it was refused
    unit TEXT NOT NULL,
    u95 REAL,                           -- half the 95 % interval
    u95_change REAL,                    -- the same of a difference to the same person's next
    n REAL NOT NULL,
    quality TEXT NOT NULL,
    why TEXT NOT NULL,
    definition TEXT NOT NULL,
    band TEXT NOT NULL,                 -- several, with | between, where the interval meets several
    norms TEXT NOT NULL,                -- the version that said so
    PRIMARY KEY (site, station, epoch, seq, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX measure_band ON measure (code, band, utc_ns);

CREATE TABLE visit (                    -- from the consent; a code may be added or mended
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    session TEXT NOT NULL,
    code TEXT NOT NULL,
    age_years REAL,
    sex TEXT NOT NULL,
    inputs TEXT NOT NULL,               -- JSON, what an operator told of the person
    mended INTEGER NOT NULL,            -- the code is an operator's
    utc_ns INTEGER NOT NULL,
    epoch TEXT NOT NULL,                -- of its consent, or of its first result
    seq INTEGER NOT NULL,
    PRIMARY KEY (site, station, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_code ON visit (code, site);

CREATE TABLE audit (                    -- what people changed
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    session TEXT NOT NULL,              -- '' with was and becomes, once the session is erased
    what TEXT NOT NULL,
    was TEXT NOT NULL,
    becomes TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    clock_state TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (site, station, epoch, seq)
) STRICT;
CREATE INDEX event_boot ON event (site, station, boot_id) WHERE kind = 'clock';
CREATE INDEX event_kind ON event (kind, site, station);

-- Results with the time corrected: a clock event gives one pair (UTC, boot time) of its boot.
CREATE VIEW screening AS
SELECT result.*, CASE result.clock_state WHEN 'synced' THEN result.utc_ns ELSE COALESCE(
    (SELECT event.utc_ns - event.boottime_ns FROM event
     WHERE event.site = result.site AND event.station = result.station
       AND event.boot_id = result.boot_id
       AND event.kind = 'clock' AND event.clock_state = 'synced'
     ORDER BY event.boottime_ns DESC LIMIT 1) + result.boottime_ns, result.utc_ns) END
    AS screened_ns
FROM result;

CREATE TABLE gap (                      -- given up by a station; what is not here is lost
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (site, station, epoch, first, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE epoch_end (                -- how many numbers an epoch gave, told by the next one
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (site, station, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE ingest_conflict (          -- a second body under a known key: a copied card
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL,
    received_at TEXT NOT NULL,
    resolved TEXT NOT NULL,             -- how; '' while a person should look
    PRIMARY KEY (site, station, epoch, seq, body_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (              -- what could not be taken in, once for each body
    number INTEGER PRIMARY KEY,         -- in the order in which they came
    topic TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,                -- '' and 0 where the message does not say
    seq INTEGER NOT NULL,
    vouched INTEGER NOT NULL,           -- its station said so; others may be evicted
    code TEXT NOT NULL,
    problem TEXT NOT NULL,
    body BLOB NOT NULL,                 -- the whole payload
    received_at TEXT NOT NULL,
    UNIQUE (topic, body_sha256)
) STRICT;
CREATE INDEX dead_letter_key ON dead_letter (site, station, epoch, seq);

CREATE TABLE station (                  -- the last message of each; hints, for nobody signs
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    online INTEGER NOT NULL,
    state BLOB NOT NULL,
    birth BLOB NOT NULL,
    health BLOB NOT NULL,
    desired BLOB NOT NULL,              -- what the operator wants of it
    instance TEXT NOT NULL,             -- of its uplink, as its last state said
    connection INTEGER NOT NULL,        -- of that instance
    before TEXT NOT NULL,               -- the instance before
    twice_at TEXT NOT NULL,             -- when that one spoke again: two run under this name
    PRIMARY KEY (site, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (                    -- what is counted and not kept
    name TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE closed_site (              -- only enrolled stations are heard there
    site TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE trusted (                  -- who speaks for a station
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    key TEXT NOT NULL,                  -- public, base64; '' where it has none
    how TEXT NOT NULL,                  -- token, approved, first use
    revoked INTEGER NOT NULL,
    unsigned INTEGER NOT NULL,          -- an operator takes it without a key, as version 0.1 is
    since TEXT NOT NULL,
    PRIMARY KEY (site, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (                    -- enrols one station, once
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    token TEXT NOT NULL,
    replaces INTEGER NOT NULL,          -- may take the place of a known key
    PRIMARY KEY (site, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_key (              -- shown by a station, waiting for a person
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    key TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (site, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (                -- what must never come back: hashes, see edge.wire.forgotten
    site TEXT NOT NULL,
    station TEXT NOT NULL,              -- '' for every station of the site
    what TEXT NOT NULL CHECK (what IN ('session', 'code')),
    sha256 TEXT NOT NULL,
    asked_ns INTEGER NOT NULL,          -- a code that is used again later is another visit's
    PRIMARY KEY (site, station, what, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_erasure (            -- sent until its station has proved it; then it goes
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    number INTEGER NOT NULL,
    what TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    payload BLOB NOT NULL,              -- the signed command, which names what must go
    asked_at TEXT NOT NULL,
    found TEXT NOT NULL,                -- files of the station in which it still stood
    PRIMARY KEY (site, station, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure_applied (          -- lines of the list of erasures that this store has obeyed
    line_sha256 TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE command_number (           -- the last that was given to a command of this store
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL
) STRICT;

CREATE TABLE archive_file (             -- months whose bodies lie in the folder of archived months
    name TEXT PRIMARY KEY,
    first_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    unclean INTEGER NOT NULL            -- what happened that the file does not show yet
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_host (             -- that an administrator lets be told
    host TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook (                  -- who is told that a result came
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,               -- of its signatures; the receiver has it too
    sites TEXT NOT NULL,                -- with commas between; '' for all
    due_ns INTEGER NOT NULL,            -- nothing is tried before: nobody was there
    problem TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_delivery (         -- what is not said yet; it goes when it is
    hook TEXT NOT NULL,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    queued_ns INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due_ns INTEGER NOT NULL,
    dead INTEGER NOT NULL,              -- given up, and kept for a person to see
    problem TEXT NOT NULL,
    PRIMARY KEY (hook, site, station, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (hook, dead, due_ns);

CREATE TABLE webhook_attempt (          -- the last tries of each hook, for a person to see
    hook TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    problem TEXT NOT NULL,              -- '' where it was taken
    PRIMARY KEY (hook, at_ns, site, station, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE station_hour (             -- how each station was, an hour a row, for a month
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    hour INTEGER NOT NULL,              -- since 1970, by the collector's clock
    minutes INTEGER NOT NULL,           -- a bit for each in which it was heard
    temperature_c REAL,                 -- the highest; NULL where none was told
    waiting INTEGER NOT NULL,           -- the most that its outbox held
    software TEXT NOT NULL,             -- as the hour began; '' where it was not told
    PRIMARY KEY (site, station, hour)
) STRICT, WITHOUT ROWID;

-- What is seen at a glance of a million results: kept by the triggers below, so that nobody counts
-- them all to show a page.
CREATE TABLE seen_visit (
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    session TEXT NOT NULL,
    first_ns INTEGER NOT NULL,          -- of `screening`, of its first result
    results INTEGER NOT NULL,
    PRIMARY KEY (site, station, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_visit_when ON seen_visit (first_ns);
CREATE INDEX seen_visit_site ON seen_visit (site, first_ns);
CREATE INDEX seen_visit_station ON seen_visit (station, first_ns);
CREATE INDEX seen_visit_session ON seen_visit (session);

CREATE TABLE seen_origin (              -- results of a station, by where their frames came from
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    origin TEXT NOT NULL,
    results INTEGER NOT NULL,
    PRIMARY KEY (site, station, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen_epoch (               -- messages of an epoch, whatever became of them
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    keys INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    PRIMARY KEY (site, station, epoch)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER seen_visit_come AFTER INSERT ON result BEGIN
    INSERT INTO seen_visit SELECT site, station, session, screened_ns, 1 FROM screening
    WHERE site = NEW.site AND station = NEW.station AND epoch = NEW.epoch AND seq = NEW.seq
    ON CONFLICT DO UPDATE SET results = results + 1, first_ns = MIN(first_ns, excluded.first_ns); END;
CREATE TRIGGER seen_origin_come AFTER INSERT ON result BEGIN
    INSERT INTO seen_origin VALUES (NEW.site, NEW.station, NEW.origin, 1)
    ON CONFLICT DO UPDATE SET results = results + 1; END;
CREATE TRIGGER seen_visit_go AFTER DELETE ON result BEGIN
    UPDATE seen_visit SET results = results - 1, first_ns = COALESCE((SELECT MIN(s.screened_ns)
     FROM screening s WHERE s.site = OLD.site AND s.station = OLD.station
     AND s.session = OLD.session), first_ns)
    WHERE site = OLD.site AND station = OLD.station AND session = OLD.session; END;
CREATE TRIGGER seen_visit_gone AFTER UPDATE ON seen_visit WHEN NEW.results = 0 BEGIN
    DELETE FROM seen_visit
    WHERE site = NEW.site AND station = NEW.station AND session = NEW.session; END;
CREATE TRIGGER seen_origin_go AFTER DELETE ON result BEGIN
    UPDATE seen_origin SET results = results - 1
    WHERE site = OLD.site AND station = OLD.station AND origin = OLD.origin; END;
CREATE TRIGGER seen_clock AFTER INSERT ON event
WHEN NEW.kind = 'clock' AND NEW.clock_state = 'synced' BEGIN
    UPDATE seen_visit SET first_ns = (SELECT MIN(s.screened_ns) FROM screening s
     WHERE s.site = seen_visit.site AND s.station = seen_visit.station
     AND s.session = seen_visit.session)
    WHERE site = NEW.site AND station = NEW.station AND session IN (SELECT r.session FROM result r
     WHERE r.site = NEW.site AND r.station = NEW.station AND r.boot_id = NEW.boot_id
     AND r.clock_state <> 'synced'); END;
CREATE TRIGGER seen_epoch_come AFTER INSERT ON ingest_key BEGIN
    INSERT INTO seen_epoch VALUES (NEW.site, NEW.station, NEW.epoch, 1, NEW.seq)
    ON CONFLICT DO UPDATE SET keys = keys + 1, newest = MAX(newest, excluded.newest); END;
