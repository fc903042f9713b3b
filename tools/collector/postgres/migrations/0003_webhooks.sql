-- Hooks by which other programs are told that a result came. As in SQLite.

CREATE TABLE webhook_host (
    host TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE webhook (
    name TEXT COLLATE "C" PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    sites TEXT NOT NULL,
    due_ns BIGINT NOT NULL,
    problem TEXT NOT NULL
);

CREATE TABLE webhook_delivery (
    hook TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    queued_ns BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    due_ns BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (hook, site, station, epoch, seq)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (hook, dead, due_ns);
