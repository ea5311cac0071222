#!/bin/bash
# databases.sh HOST:DATABASE:OWNER:ROLE,… …   creates what is missing of the databases and of the roles, whose password is ROLE_PASSWORD.
set -euo pipefail

for each; do
  IFS=: read -r host database owner roles <<<"$each"
  psql --quiet --host "$host" --dbname postgres --set ON_ERROR_STOP=1 \
    --set database="$database" --set owner="$owner" --set roles="$owner,$roles" --set password="$ROLE_PASSWORD" <<'SQL'
select format('create role %I login', role) from unnest(string_to_array(:'roles', ',')) role where role not in (select rolname from pg_roles) \gexec
select format('alter role %I password %L', role, :'password') from unnest(string_to_array(:'roles', ',')) role \gexec
select format('create database %I owner %I', :'database', :'owner') where :'database' not in (select datname from pg_database) \gexec
select format('revoke all on database %I from public', :'database') \gexec
select format('grant connect on database %I to %I', :'database', role) from unnest(string_to_array(:'roles', ',')) role \gexec
SQL
done
