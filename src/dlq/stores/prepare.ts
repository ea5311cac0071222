import { prepareKafka } from './kafka.ts';
import { prepareDatabase } from './postgres.ts';
import { reason, type ReadSecret, type Report, type StoresPlan } from './plan.ts';
import { checkRedis } from './redis.ts';

/**
 * Makes stores of somebody else's ready for the services, or says what is missing. Safe to run again at any time.
 * @returns whether all is as it has to be
 */
export const prepareStores = async (
  plan: StoresPlan,
  secret: ReadSecret,
  say: (line: string) => void,
): Promise<boolean> => {
  let problems = 0;
  const report: Report = {
    done: say,
    problem: (what) => {
      problems++;
      say(`PROBLEM  ${what}`);
    },
  };
  const { kafka, databases, redis } = plan;
  const attempts: [what: string, work: () => Promise<void>][] = [
    ...databases.map((one): [string, () => Promise<void>] => [
      `databases.${one.key}`,
      () => prepareDatabase(one, secret, report),
    ]),
    ...(kafka === null ? [] : [['Kafka', () => prepareKafka(kafka, secret, report)] satisfies [string, unknown]]),
    ...(redis === null ? [] : [['Redis', () => checkRedis(redis.env, secret, report)] satisfies [string, unknown]]),
  ];
  for (const [what, work] of attempts) {
    try {
      await work();
    } catch (error) {
      report.problem(`${what}: ${reason(error)}`);
    }
  }
  say(problems === 0 ? 'all stores are ready' : `${String(problems)} problems`);
  return problems === 0;
};
