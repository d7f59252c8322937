-- Who listened to an episode, and when: what statistics of the library count.
CREATE INDEX places_by_item ON places (item_id, heard_at);
