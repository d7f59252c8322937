-- A person is no phone number: several may share one, some have none. What people are known by is their id, and to those
-- who keep the roster their 成员编号. The table is made again (run without foreign keys, which are checked afterwards).
CREATE TABLE new_users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    phone TEXT,
    password_hash TEXT,
    branch_id BLOB REFERENCES units (id),
    member_no TEXT,
    locale TEXT NOT NULL DEFAULT 'zh-CN',
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    password_first INTEGER NOT NULL DEFAULT 0 CHECK (password_first IN (0, 1)),
    -- Of the name: to order by, and to search in. Empty: not made yet, which happens at the next start.
    name_sort TEXT NOT NULL DEFAULT '',
    name_find TEXT NOT NULL DEFAULT '',
    -- Counts the changes of the record, so that two who edit it at once notice each other.
    revision INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO new_users (id, name, phone, password_hash, branch_id, member_no, locale, disabled_at, created_at, password_first)
    SELECT id, name, phone, password_hash, branch_id, member_no, locale, disabled_at, created_at, password_first FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;
CREATE INDEX users_by_branch ON users (branch_id);
CREATE INDEX users_by_phone ON users (phone);
CREATE INDEX users_by_member_no ON users (member_no);

-- Owners and auditors; a role may end by itself (half-open: it is over at until_at).
CREATE TABLE new_roles (
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('lecturer', 'organizer', 'owner', 'auditor')),
    unit_id BLOB NOT NULL REFERENCES units (id),
    granted_at INTEGER NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (user_id, role, unit_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_roles (user_id, role, unit_id, granted_at) SELECT user_id, role, unit_id, granted_at FROM roles;
DROP TABLE roles;
ALTER TABLE new_roles RENAME TO roles;
CREATE INDEX roles_by_unit ON roles (unit_id, role);
CREATE INDEX roles_by_end ON roles (until_at) WHERE until_at IS NOT NULL;

-- Whoever organizes a whole centre is its owner from now on.
INSERT INTO roles (user_id, role, unit_id, granted_at)
    SELECT r.user_id, 'owner', r.unit_id, r.granted_at FROM roles r JOIN units u ON u.id = r.unit_id
    WHERE r.role = 'organizer' AND u.kind = 'centre';
