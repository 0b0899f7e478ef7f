/** Who gives way once all places of probe streams are taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '../../../src/domain/errors.ts';
import { ProbePlaces } from '../../../src/http/operations/probe-places.ts';

function open(most: number) {
  const places = new ProbePlaces(most);
  const ended: string[] = [];
  return {
    places,
    ended,
    take: (name: string, address: string, endsAt: number) => {
      const place = { address, endsAt, end: () => void ended.push(name) };
      places.take(place, 1000);
      return place;
    },
  };
}

const isFull = (seconds: number) => (error: AppError) => {
  assert.deepEqual([error.code, error.details.retry_after_seconds], ['overloaded', seconds]);
  return true;
};

test('one address has all places while nobody else wants one', () => {
  const { take, ended } = open(3);
  for (const name of ['a', 'b', 'c']) take(name, 'proxy', 9000);
  assert.deepEqual(ended, []);
});

test('behind one address, what lasts longest makes room for what is short', () => {
  const { take, ended } = open(3);
  take('long', 'proxy', 121_000);
  take('longer', 'proxy', 122_000);
  take('short', 'proxy', 3000);
  take('mine', 'proxy', 3000);
  assert.deepEqual(ended, ['longer']);
  take('another', 'proxy', 2500);
  assert.deepEqual(ended, ['longer', 'long']);
});

test('nobody cuts a stream off by opening more that last as long: they are told when to come again', () => {
  const { take, ended, places } = open(3);
  take('mine', 'proxy', 3000);
  const theirs = take('theirs', 'proxy', 2200);
  take('theirs too', 'proxy', 3000);
  for (let i = 0; i < 100; i++) assert.throws(() => take('more', 'proxy', 3000 + i), isFull(2));
  assert.deepEqual(ended, []);
  places.giveBack(theirs);
  take('mine again', 'proxy', 3000);
});

test('an address with few loses none to one with many, and gets its place from it', () => {
  const { take, ended } = open(3);
  for (const name of ['a', 'b', 'c']) take(name, 'stranger', 2500);
  take('mine', 'me', 121_000);
  assert.deepEqual(ended, ['c']);
  assert.throws(() => take('d', 'stranger', 2600), isFull(2));
  assert.deepEqual(ended, ['c']);
});

test('strangers with an address each are told apart by how long they stay', () => {
  const { take, ended } = open(3);
  for (const name of ['a', 'b', 'c']) take(name, name, 121_000);
  take('mine', 'me', 3000);
  assert.deepEqual(ended, ['c']);
});

test('closing ends all', () => {
  const { take, ended, places } = open(3);
  take('a', 'x', 9000);
  take('b', 'y', 9000);
  places.endAll();
  assert.deepEqual(ended, ['a', 'b']);
});
