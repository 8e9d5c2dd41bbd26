-- A visitor who comes back is another visit. Why a visit ended is kept for a node that starts anew:
-- what came to an end before must not begin again.
CREATE TABLE visits_of_before AS SELECT * FROM visits;
DROP TABLE visits;
CREATE TABLE visits (
    id      INTEGER PRIMARY KEY,
    visitor TEXT NOT NULL,
    site    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason  TEXT NOT NULL,
    waited  INTEGER NOT NULL,
    session TEXT,
    agent   TEXT,
    started INTEGER,
    ended   INTEGER NOT NULL
) STRICT;
INSERT INTO visits (visitor, site, outcome, reason, waited, session, agent, started, ended)
SELECT visitor, site, outcome, CASE outcome WHEN 'served' THEN 'expired' ELSE outcome END,
    waited, session, agent, started, ended
FROM visits_of_before;
DROP TABLE visits_of_before;
CREATE INDEX visits_ended ON visits (ended);
