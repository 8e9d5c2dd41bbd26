-- What peers gather before anybody accepts: relay, direct or off.
ALTER TABLE sites ADD COLUMN preconnect TEXT NOT NULL DEFAULT 'relay';
-- Minutes for which consoles show a session that ended.
ALTER TABLE sites ADD COLUMN retention INTEGER NOT NULL DEFAULT 0;
