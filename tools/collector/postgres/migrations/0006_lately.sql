-- What became of hooks and stations lately. As in SQLite.

CREATE TABLE webhook_attempt (
    hook TEXT COLLATE "C" NOT NULL,
    at_ns BIGINT NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (hook, at_ns, site, station, epoch, seq)
);

CREATE TABLE station_hour (
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    hour BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    temperature_c DOUBLE PRECISION,
    waiting BIGINT NOT NULL,
    software TEXT NOT NULL,
    PRIMARY KEY (site, station, hour)
) WITH (fillfactor = 70);
