-- Lists of a site's lead and page policies: allow, deny, confirm (hosts), query (names of
-- parameters), unmask (selectors).
CREATE TABLE site_policies (
    site  TEXT NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    list  TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (site, list, entry)
) STRICT;
