-- From version 5 to 6: what is seen at a glance, and indexes of what pages ask for.
CREATE INDEX IF NOT EXISTS result_unsynced ON result (site, station, boot_id) WHERE clock_state <> 'synced';
CREATE INDEX IF NOT EXISTS event_kind ON event (kind, site, station);
CREATE INDEX IF NOT EXISTS ingest_key_rejected ON ingest_key (site, station) WHERE fate = 'rejected';
DROP INDEX IF EXISTS visit_code;
CREATE INDEX IF NOT EXISTS visit_code ON visit (code, site);

-- What is seen at a glance of a million results: kept by the triggers below, so that nobody counts
-- them all to show a page.
CREATE TABLE IF NOT EXISTS seen_visit (
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    session TEXT NOT NULL,
    first_ns INTEGER NOT NULL,          -- of `screening`, of its first result
    results INTEGER NOT NULL,
    PRIMARY KEY (site, station, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_visit_when ON seen_visit (first_ns);
CREATE INDEX IF NOT EXISTS seen_visit_site ON seen_visit (site, first_ns);
CREATE INDEX IF NOT EXISTS seen_visit_station ON seen_visit (station, first_ns);
CREATE INDEX IF NOT EXISTS seen_visit_session ON seen_visit (session);

CREATE TABLE IF NOT EXISTS seen_origin (              -- results of a station, by where their frames came from
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    origin TEXT NOT NULL,
    results INTEGER NOT NULL,
    PRIMARY KEY (site, station, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS seen_epoch (               -- messages of an epoch, whatever became of them
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    keys INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    PRIMARY KEY (site, station, epoch)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS seen_visit_come AFTER INSERT ON result BEGIN
    INSERT INTO seen_visit SELECT site, station, session, screened_ns, 1 FROM screening
    WHERE site = NEW.site AND station = NEW.station AND epoch = NEW.epoch AND seq = NEW.seq
    ON CONFLICT DO UPDATE SET results = results + 1, first_ns = MIN(first_ns, excluded.first_ns); END;
CREATE TRIGGER IF NOT EXISTS seen_origin_come AFTER INSERT ON result BEGIN
    INSERT INTO seen_origin VALUES (NEW.site, NEW.station, NEW.origin, 1)
    ON CONFLICT DO UPDATE SET results = results + 1; END;
CREATE TRIGGER IF NOT EXISTS seen_visit_go AFTER DELETE ON result BEGIN
    UPDATE seen_visit SET results = results - 1, first_ns = COALESCE((SELECT MIN(s.screened_ns)
     FROM screening s WHERE s.site = OLD.site AND s.station = OLD.station
     AND s.session = OLD.session), first_ns)
    WHERE site = OLD.site AND station = OLD.station AND session = OLD.session; END;
CREATE TRIGGER IF NOT EXISTS seen_visit_gone AFTER UPDATE ON seen_visit WHEN NEW.results = 0 BEGIN
    DELETE FROM seen_visit
    WHERE site = NEW.site AND station = NEW.station AND session = NEW.session; END;
CREATE TRIGGER IF NOT EXISTS seen_origin_go AFTER DELETE ON result BEGIN
    UPDATE seen_origin SET results = results - 1
    WHERE site = OLD.site AND station = OLD.station AND origin = OLD.origin; END;
CREATE TRIGGER IF NOT EXISTS seen_clock AFTER INSERT ON event
WHEN NEW.kind = 'clock' AND NEW.clock_state = 'synced' BEGIN
    UPDATE seen_visit SET first_ns = (SELECT MIN(s.screened_ns) FROM screening s
     WHERE s.site = seen_visit.site AND s.station = seen_visit.station
     AND s.session = seen_visit.session)
    WHERE site = NEW.site AND station = NEW.station AND session IN (SELECT r.session FROM result r
     WHERE r.site = NEW.site AND r.station = NEW.station AND r.boot_id = NEW.boot_id
     AND r.clock_state <> 'synced'); END;
CREATE TRIGGER IF NOT EXISTS seen_epoch_come AFTER INSERT ON ingest_key BEGIN
    INSERT INTO seen_epoch VALUES (NEW.site, NEW.station, NEW.epoch, 1, NEW.seq)
    ON CONFLICT DO UPDATE SET keys = keys + 1, newest = MAX(newest, excluded.newest); END;
-- What lies there already.
DELETE FROM seen_visit;
DELETE FROM seen_origin;
DELETE FROM seen_epoch;
INSERT INTO seen_visit SELECT site, station, session, MIN(screened_ns), COUNT(*) FROM screening
GROUP BY site, station, session;
INSERT INTO seen_origin SELECT site, station, origin, COUNT(*) FROM result
GROUP BY site, station, origin;
INSERT INTO seen_epoch SELECT site, station, epoch, COUNT(*), MAX(seq) FROM ingest_key
GROUP BY site, station, epoch;
