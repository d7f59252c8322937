-- Members of this lesson are offered the picture by WHEP, below a second, while it is live.
ALTER TABLE lessons ADD COLUMN low_latency INTEGER NOT NULL DEFAULT 0 CHECK (low_latency IN (0, 1));
