-- A person is no phone number: several may share one, some have none. What people are known by is their id, and to those
-- who keep the roster their 成员编号.
ALTER TABLE users ALTER COLUMN phone DROP NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_phone_key;
-- Of the name: to order by, and to search in. Empty: not made yet, which happens at the next start.
ALTER TABLE users ADD COLUMN name_sort TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN name_find TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Counts the changes of the record, so that two who edit it at once notice each other.
ALTER TABLE users ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
CREATE INDEX users_by_phone ON users (phone);
CREATE INDEX users_by_member_no ON users (member_no);

-- Owners and auditors; a role may end by itself (half-open: it is over at until_at).
ALTER TABLE roles DROP CONSTRAINT roles_role_check;
ALTER TABLE roles ADD CONSTRAINT roles_role_check CHECK (role IN ('lecturer', 'organizer', 'owner', 'auditor'));
ALTER TABLE roles ADD COLUMN until_at BIGINT;
CREATE INDEX roles_by_end ON roles (until_at) WHERE until_at IS NOT NULL;

-- Whoever organizes a whole centre is its owner from now on.
INSERT INTO roles (user_id, role, unit_id, granted_at)
    SELECT r.user_id, 'owner', r.unit_id, r.granted_at FROM roles r JOIN units u ON u.id = r.unit_id
    WHERE r.role = 'organizer' AND u.kind = 'centre';
