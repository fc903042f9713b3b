-- Months whose bodies lie in the folder of archived months. What was taken out of a body's part of
-- the table leaves room in its file: it is written anew, as after an erasure.

CREATE TABLE archive_file (
    name TEXT COLLATE "C" PRIMARY KEY,
    first_ns BIGINT NOT NULL,
    end_ns BIGINT NOT NULL,
    unclean BIGINT NOT NULL
);
CREATE TRIGGER unclean_update AFTER UPDATE ON result FOR EACH ROW EXECUTE FUNCTION mark_unclean();
