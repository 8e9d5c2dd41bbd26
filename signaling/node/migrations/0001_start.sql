CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE sites (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    -- 1: leads to plain http and to loopback hosts are allowed.
    development INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE site_origins (
    site   TEXT NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    PRIMARY KEY (site, origin)
) STRICT;

CREATE TABLE site_destinations (
    site  TEXT NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    url   TEXT NOT NULL,
    PRIMARY KEY (site, label)
) STRICT;

CREATE TABLE agents (
    id       TEXT PRIMARY KEY,
    login    TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name     TEXT NOT NULL,
    password TEXT NOT NULL,
    capacity INTEGER NOT NULL
) STRICT;

-- An agent without a row here serves every site.
CREATE TABLE agent_sites (
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    site  TEXT NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    PRIMARY KEY (agent, site)
) STRICT;

-- An agent without a row here serves every department.
CREATE TABLE agent_departments (
    agent      TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    department TEXT NOT NULL,
    PRIMARY KEY (agent, department)
) STRICT;

-- Signed-in browsers and programs. Only a hash of the token is kept.
CREATE TABLE logins (
    token   BLOB PRIMARY KEY,
    agent   TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_expires ON logins (expires);

-- One row a visit: how it went, never what was said or by whom.
CREATE TABLE visits (
    visitor TEXT PRIMARY KEY,
    site    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    waited  INTEGER NOT NULL,
    session TEXT,
    agent   TEXT,
    started INTEGER,
    ended   INTEGER NOT NULL
) STRICT;
