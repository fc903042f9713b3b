-- From version 6 to 7: what became of hooks and stations lately.
CREATE TABLE IF NOT EXISTS webhook_attempt (          -- the last tries of each hook, for a person to see
    hook TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    problem TEXT NOT NULL,              -- '' where it was taken
    PRIMARY KEY (hook, at_ns, site, station, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS station_hour (             -- how each station was, an hour a row, for a month
    site TEXT NOT NULL,
    station TEXT NOT NULL,
    hour INTEGER NOT NULL,              -- since 1970, by the collector's clock
    minutes INTEGER NOT NULL,           -- a bit for each in which it was heard
    temperature_c REAL,                 -- the highest; NULL where none was told
    waiting INTEGER NOT NULL,           -- the most that its outbox held
    software TEXT NOT NULL,             -- as the hour began; '' where it was not told
    PRIMARY KEY (site, station, hour)
) STRICT, WITHOUT ROWID;
