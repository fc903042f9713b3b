-- What a search asks for, wherever and whoever it was: a code of any site, a day of all stations.

CREATE INDEX IF NOT EXISTS result_unsynced ON result (site, station, boot_id)
    WHERE clock_state <> 'synced';
CREATE INDEX result_time ON result (utc_ns);
DROP INDEX visit_code;
CREATE INDEX visit_code ON visit (code, site);
