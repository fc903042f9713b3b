-- As sqlite/to_6.sql: what is seen at a glance of a million results, kept by triggers, so that nobody
-- counts them all to show a page. A batch holds the rows of its stations and epochs before it stores,
-- so these rows are never fought over.

CREATE INDEX ingest_key_rejected ON ingest_key (site, station) WHERE fate = 'rejected';

CREATE TABLE seen_visit (
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    first_ns BIGINT NOT NULL,
    results BIGINT NOT NULL,
    PRIMARY KEY (site, station, session)
) WITH (fillfactor = 80);
CREATE INDEX seen_visit_when ON seen_visit (first_ns);
CREATE INDEX seen_visit_site ON seen_visit (site, first_ns);
CREATE INDEX seen_visit_station ON seen_visit (station, first_ns);
CREATE INDEX seen_visit_session ON seen_visit (session);

CREATE TABLE seen_origin (
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    results BIGINT NOT NULL,
    PRIMARY KEY (site, station, origin)
) WITH (fillfactor = 50);

CREATE TABLE seen_epoch (
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    keys BIGINT NOT NULL,
    newest BIGINT NOT NULL,
    PRIMARY KEY (site, station, epoch)
) WITH (fillfactor = 50);

CREATE FUNCTION see_results() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO seen_visit
    SELECT n.site, n.station, n.session, MIN(CASE n.clock_state WHEN 'synced' THEN n.utc_ns ELSE
        COALESCE((SELECT e.utc_ns - e.boottime_ns FROM event e
         WHERE e.site = n.site AND e.station = n.station AND e.boot_id = n.boot_id
           AND e.kind = 'clock' AND e.clock_state = 'synced'
         ORDER BY e.boottime_ns DESC LIMIT 1) + n.boottime_ns, n.utc_ns) END), COUNT(*)
    FROM come n GROUP BY n.site, n.station, n.session ORDER BY n.site, n.station, n.session
    ON CONFLICT (site, station, session) DO UPDATE SET
        results = seen_visit.results + excluded.results,
        first_ns = LEAST(seen_visit.first_ns, excluded.first_ns);
    INSERT INTO seen_origin SELECT n.site, n.station, n.origin, COUNT(*) FROM come n
    GROUP BY n.site, n.station, n.origin ORDER BY n.site, n.station, n.origin
    ON CONFLICT (site, station, origin) DO UPDATE SET
        results = seen_origin.results + excluded.results;
    RETURN NULL;
END $$;
CREATE TRIGGER seen_come AFTER INSERT ON result REFERENCING NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION see_results();

CREATE FUNCTION see_no_more() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
    UPDATE seen_visit v SET results = v.results - g.results, first_ns = COALESCE(
        (SELECT MIN(s.screened_ns) FROM screening s WHERE s.site = v.site
         AND s.station = v.station AND s.session = v.session), v.first_ns)
    FROM (SELECT site, station, session, COUNT(*) AS results FROM gone
          GROUP BY site, station, session) g
    WHERE v.site = g.site AND v.station = g.station AND v.session = g.session;
    DELETE FROM seen_visit v USING gone g WHERE v.site = g.site AND v.station = g.station
        AND v.session = g.session AND v.results = 0;
    UPDATE seen_origin o SET results = o.results - g.results
    FROM (SELECT site, station, origin, COUNT(*) AS results FROM gone
          GROUP BY site, station, origin) g
    WHERE o.site = g.site AND o.station = g.station AND o.origin = g.origin;
    RETURN NULL;
END $$;
CREATE TRIGGER seen_go AFTER DELETE ON result REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION see_no_more();

CREATE FUNCTION see_clock() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
    UPDATE seen_visit v SET first_ns = (SELECT MIN(s.screened_ns) FROM screening s
        WHERE s.site = v.site AND s.station = v.station AND s.session = v.session)
    WHERE v.site = NEW.site AND v.station = NEW.station AND v.session IN (
        SELECT r.session FROM result r WHERE r.site = NEW.site AND r.station = NEW.station
        AND r.boot_id = NEW.boot_id AND r.clock_state <> 'synced');
    RETURN NULL;
END $$;
CREATE TRIGGER seen_clock AFTER INSERT ON event FOR EACH ROW
    WHEN (NEW.kind = 'clock' AND NEW.clock_state = 'synced') EXECUTE FUNCTION see_clock();

CREATE FUNCTION see_keys() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO seen_epoch SELECT n.site, n.station, n.epoch, COUNT(*), MAX(n.seq) FROM come n
    GROUP BY n.site, n.station, n.epoch ORDER BY n.site, n.station, n.epoch
    ON CONFLICT (site, station, epoch) DO UPDATE SET keys = seen_epoch.keys + excluded.keys,
        newest = GREATEST(seen_epoch.newest, excluded.newest);
    RETURN NULL;
END $$;
CREATE TRIGGER seen_keys AFTER INSERT ON ingest_key REFERENCING NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION see_keys();

-- A session stands in these rows, and in what lies where they were.
CREATE TRIGGER unclean AFTER DELETE ON seen_visit FOR EACH ROW EXECUTE FUNCTION mark_unclean();

-- What lies there already.
INSERT INTO seen_visit SELECT site, station, session, MIN(screened_ns), COUNT(*) FROM screening
GROUP BY site, station, session;
INSERT INTO seen_origin SELECT site, station, origin, COUNT(*) FROM result
GROUP BY site, station, origin;
INSERT INTO seen_epoch SELECT site, station, epoch, COUNT(*), MAX(seq) FROM ingest_key
GROUP BY site, station, epoch;
