-- Grows with every new stream key: who publishes under an older one is sent away.
ALTER TABLE lessons ADD COLUMN stream_key_version INTEGER NOT NULL DEFAULT 0;
