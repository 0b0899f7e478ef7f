/** A client of the chat dialect with its own sessions, which asks, retries, interrupts, cancels and resumes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientStream, generationOf, openStream } from 'colloquy-testkit/event-stream';
import { makeTurn } from './behaviours.ts';
import type { Asked } from './ledger.ts';
import type { Random } from './random.ts';
import { anyManner, follow, readStream, type World } from './viewer.ts';

type WhenBusy = 'reject' | 'queue' | 'interrupt';

/** Asks until `isOver` gives true, then follows all answers to their end. */
export async function act(world: World, name: string, random: Random, isOver: () => boolean): Promise<void> {
  const sessions: string[] = [];
  const open = new Set<Promise<void>>();
  for (let count = 1; !isOver(); count += 1) {
    const session = random.chance(0.55) ? sessions.at(-1) : undefined;
    const turn = ask(world, `${name}.${count}`, session, random, (created) => void sessions.push(created));
    open.add(turn);
    void turn.finally(() => open.delete(turn));
    // Turns mostly wait for the one before; some don't, so that they find the session busy.
    const isPatient = open.size > 2 || random.chance(0.7);
    await (isPatient ? Promise.all(open) : sleep(random.between(0, 300)));
  }
  await Promise.all(open);
}

async function ask(
  world: World,
  name: string,
  session: string | undefined,
  random: Random,
  onSession: (id: string) => void,
): Promise<void> {
  const { ledger } = world;
  const { question } = makeTurn(name, random);
  const key = random.chance(0.6) ? `key ${name}` : undefined;
  const whenBusy = random.weighted<WhenBusy>({ reject: 2, queue: 4, interrupt: 2 });
  const body = { message: question, ...(session === undefined ? {} : { session, when_busy: whenBusy }) };
  const asked: Asked = { question, key, generationIds: new Set(), refused: false };
  ledger.asked.set(question, asked);
  ledger.totals.turns += 1;
  const callers = key !== undefined && random.chance(0.3) ? 2 : 1;
  await Promise.all(
    Array.from({ length: callers }, (_, index) =>
      call(world, asked, session, body, random.fork(`${name} caller ${index}`), onSession),
    ),
  );
}

/** Makes one call, repeats it until it is answered if it has an idempotency key, and follows the answer. */
async function call(
  world: World,
  asked: Asked,
  session: string | undefined,
  body: object,
  random: Random,
  onSession: (id: string) => void,
): Promise<void> {
  const { host, ledger } = world;
  const path = session === undefined ? 'completion' : 'continuation';
  const headers = { ...world.headers, ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }) };
  for (;;) {
    const url = `${await host.url()}/api/chat/${path}/stream`;
    const opening = openStream({ url, headers, body }).catch(() => undefined);
    const stream = await ledger.during(`asking "${asked.question}"`, opening);
    if (stream?.status === 200) return watch(world, asked, stream, random, onSession);
    if (stream !== undefined) {
      const end = await stream.closed;
      if (end === 'ended' && !takeRefusal(world, asked, stream)) return;
    }
    if (asked.key === undefined) return;
    ledger.totals.retries += 1;
    await sleep(random.between(5, 60));
  }
}

/** Whether a failed call is worth another try. */
function takeRefusal({ ledger, host }: World, asked: Asked, stream: ClientStream): boolean {
  const { status } = stream;
  if (status === 503) {
    ledger.totals.unavailable += 1;
    asked.refused ||= asked.key === undefined;
    return true;
  }
  if (status === 409) {
    ledger.totals.refusals += 1;
    asked.refused = true;
    return false;
  }
  if (status === 500 && host.troubles > 0) {
    ledger.totals.unavailable += 1;
    return true;
  }
  ledger.violate(`asking "${asked.question}": ${status} ${stream.body()}`);
  return false;
}

async function watch(
  world: World,
  asked: Asked,
  stream: ClientStream,
  random: Random,
  onSession: (id: string) => void,
): Promise<void> {
  const { ledger } = world;
  const generationId = generationOf(stream);
  asked.generationIds.add(generationId);
  ledger.moments.emit('accepted');
  const manner = anyManner(random);
  void stream.until(1).then((isThere) => {
    const first = isThere ? (JSON.parse(stream.frames[0]?.data ?? '{}') as { session_id?: string }) : {};
    if (first.session_id !== undefined) onSession(first.session_id);
  });
  const extras: Promise<unknown>[] = [];
  if (random.chance(0.1)) extras.push(cancel(world, generationId, stream, random));
  if (random.chance(0.1)) {
    const start = { cursor: '', isOver: false };
    extras.push(follow(world, generationId, start, { kind: 'steady' }, random.fork('second viewer')));
  }
  const from = await readStream(world, stream, { dialect: 'chat', after: '' }, manner);
  if (manner.kind !== 'leaves') await follow(world, generationId, from, manner, random);
  await Promise.all(extras);
}

async function cancel(
  world: World,
  generationId: string,
  stream: ClientStream,
  random: Random,
): Promise<void> {
  const { host, ledger, headers } = world;
  await stream.until(random.between(1, 20));
  const calling = fetch(`${await host.url()}/api/generations/${generationId}/cancel`, {
    method: 'POST',
    headers: { ...headers, connection: 'close' },
  }).catch(() => undefined);
  const response = await ledger.during(`cancelling ${generationId}`, calling);
  const text = await response?.text().catch(() => undefined);
  if (response === undefined || text === undefined) return;
  if (response.status === 200) {
    const { status } = JSON.parse(text) as { status: string };
    ledger.cancels.push({ generationId, status });
    ledger.totals.cancels += 1;
    ledger.moments.emit('cancelled');
  } else if (response.status !== 503 && host.troubles === 0) {
    ledger.violate(`cancelling ${generationId}: ${response.status} ${text}`);
  }
}
