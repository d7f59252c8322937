-- In which server time what a node sent of replays was heard of without a break, of every lesson: nodes drop a lesson once its
-- replay stands, so media_heard ends there. Outside of both nothing is known, and the absence of a delivery says nothing.
CREATE TABLE replays_heard (
    boot BLOB NOT NULL CHECK (length(boot) = 16),
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL CHECK (to_at >= from_at),
    PRIMARY KEY (boot, from_at)
) STRICT, WITHOUT ROWID;
