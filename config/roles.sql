-- The two roles of Laskuri. Run once per PostgreSQL cluster by a superuser; give both a password
-- in production. What the owner creates, the application may read and write, not alter.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'laskuri_owner') THEN
        CREATE ROLE laskuri_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'laskuri_app') THEN
        CREATE ROLE laskuri_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;
