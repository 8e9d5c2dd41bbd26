-- 1: the agent serves every site. Rows of agent_sites go with their sites, so that none is left
-- says nothing.
ALTER TABLE agents ADD COLUMN all_sites INTEGER NOT NULL DEFAULT 0;
UPDATE agents SET all_sites = 1 WHERE id NOT IN (SELECT agent FROM agent_sites);
