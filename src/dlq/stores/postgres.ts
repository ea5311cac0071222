import pg from 'pg';
import { databaseEnv, readConfig } from '../../platform/config.ts';
import { directClient } from '../../platform/database/database.ts';
import { reason, type DatabasePlan, type ReadSecret, type Report } from './plan.ts';
import { postgresVerifier } from './scram.ts';

/** Who signs in where. */
interface SignIn {
  user: string;
  password: string;
  database: string;
}

const quoted = pg.escapeIdentifier;
const code = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
/** No such role, or not its password. */
const isRefused = (error: unknown) => ['28P01', '28000'].includes(code(error));
/** Signed in, and then the database was not there, or is not for this role. */
const isElsewhere = (error: unknown) => ['3D000', '42501'].includes(code(error));

/** Makes a database and its roles what the plan says, or says what is missing. Run again it changes nothing. */
export const prepareDatabase = async (plan: DatabasePlan, secret: ReadSecret, report: Report): Promise<void> => {
  const at = `databases.${plan.key}`;
  const name = plan.env.DATABASE_NAME ?? '';
  const owner = plan.roles.owner ?? '';
  const password = (role: string) => secret(`database/${plan.key}/${role}`, 'password');
  const ownerHere = { user: owner, password: password('owner'), database: name };

  if (plan.manage === 'job') {
    const admin = {
      user: secret(`database/${plan.key}/admin`, 'username'),
      password: secret(`database/${plan.key}/admin`, 'password'),
      database: 'postgres',
    };
    try {
      await as(plan, admin, async (client) => {
        for (const [key, role] of Object.entries(plan.roles)) {
          await makeRole(client, plan, { user: role, password: password(key), database: name }, report);
        }
        await makeDatabase(client, { name, owner, admin: admin.user }, report);
      });
      await as(plan, ownerHere, async (client) => {
        const guests = Object.values(plan.roles).map((role) => quoted(role));
        await client.query(`revoke all on database ${quoted(name)} from public`);
        await client.query(`grant connect on database ${quoted(name)} to ${guests.join(', ')}`);
      });
    } catch (error) {
      report.problem(`${at}: the database and its roles could not be made: ${reason(error)}`);
      return;
    }
  }
  for (const [key, role] of Object.entries(plan.roles)) {
    try {
      await as(plan, { user: role, password: password(key), database: name }, () => Promise.resolve());
    } catch (error) {
      report.problem(`${at}: role ${role} cannot sign in to ${name}: ${reason(error)}`);
    }
  }
  const may = await as(plan, ownerHere, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      `select has_database_privilege(current_database(), 'create') as may`,
    );
    return rows[0]?.may === true;
  }).catch(() => true); // Told above.
  if (!may) report.problem(`${at}: role ${owner} may not create schemas in ${name}: make it the owner of the database`);
};

const as = async <T>(plan: DatabasePlan, signIn: SignIn, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const env = readConfig(databaseEnv, {
    ...plan.env,
    DATABASE_NAME: signIn.database,
    DATABASE_USER: signIn.user,
    DATABASE_PASSWORD: signIn.password,
  });
  const client = directClient(env, 'idempo-stores');
  client.on('error', () => undefined); // The query that fails says it.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const makeRole = async (client: pg.Client, plan: DatabasePlan, signIn: SignIn, report: Report): Promise<void> => {
  const { user, password } = signIn;
  const there = await as(plan, signIn, () => Promise.resolve(true)).catch((error: unknown) => {
    if (isElsewhere(error)) return true;
    if (isRefused(error)) return false;
    throw error;
  });
  if (there) return;
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [user]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${quoted(user)} login password ${pg.escapeLiteral(postgresVerifier(password))}`);
  report.done(
    `databases.${plan.key}: role ${user} ${verb === 'create' ? 'made' : 'has the password of its Secret now'}`,
  );
};

const makeDatabase = async (
  client: pg.Client,
  { name, owner, admin }: { name: string; owner: string; admin: string },
  report: Report,
): Promise<void> => {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (rowCount !== 0) return;
  // Who is no superuser gives a database to a role of which it is a member.
  await client.query(`grant ${quoted(owner)} to ${quoted(admin)}`);
  await client.query(`create database ${quoted(name)} owner ${quoted(owner)}`);
  await client.query(`revoke ${quoted(owner)} from ${quoted(admin)}`);
  report.done(`database ${name} made`);
};
