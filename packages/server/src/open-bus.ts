/** The bus of the configuration: Redis where REDIS_URL names one, else none. */
import { type Bus, BusConfigError, noBus } from './bus/bus.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/problems.ts';
import { newId } from './domain/ids.ts';
import type { Logger } from './domain/logger.ts';
import type { Store } from './store/store.ts';

/** What works otherwise while Redis is away. */
const meanwhile =
  'answers of other servers come from the store, with up to a second’s delay, and each server grants its share of the limits';

/** Starts also where Redis can't be reached now. @throws ConfigError for an address that can't work */
export async function openBus(
  { redisUrl }: Pick<Config, 'redisUrl'>,
  store: Store,
  log: Pick<Logger, 'info' | 'warn'>,
): Promise<Bus> {
  if (redisUrl === undefined) return noBus;
  // Most servers are alone, and have no use for the client.
  const { openRedisBus } = await import('./bus/redis-bus.ts');
  const { id } = await store.execute('nameInstallation', { id: newId() });
  try {
    return await openRedisBus({
      url: redisUrl,
      store: id,
      process: newId(),
      onChange(problem) {
        if (problem === undefined) log.info({}, 'Redis is there');
        else log.warn({ problem }, `Redis is away: ${meanwhile}`);
      },
    });
  } catch (error) {
    if (!(error instanceof BusConfigError)) throw error;
    const allowed = 'a redis:// or rediss:// address with user, password and database as that Redis has them';
    throw new ConfigError([{ name: 'REDIS_URL', found: error.found, allowed }]);
  }
}

/** What `/readyz` says of the bus; undefined where there is nothing to say. */
export function problemOf(bus: Bus): string | undefined {
  return bus.problem === undefined ? undefined : `Redis is away (${bus.problem}): ${meanwhile}`;
}

/** A sentence for the greeting: what is missing where several servers may share a PostgreSQL. */
export function busNotice(bus: Bus, store: Pick<Store, 'engine'>): string | undefined {
  if (store.engine !== 'postgres' || bus.isShared) return problemOf(bus);
  return 'Without REDIS_URL, servers that share this database show each other’s answers with up to a second’s delay, and divide the limits per minute.';
}
