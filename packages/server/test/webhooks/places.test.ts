/** Who may send at the same time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allPlaces, Places } from '../../src/webhooks/places.ts';

const webhook = (id: string, organizationId: string, isFailing = false) => ({
  id,
  organizationId,
  isFailing,
});

/** Takes all places that a webhook may have; gives their number. */
function fill(places: Places, one: ReturnType<typeof webhook>): number {
  let taken = 0;
  while (places.roomFor(one) > 0) {
    places.take(one);
    taken += 1;
  }
  return taken;
}

test('a webhook has four places, one that fails one, an organization sixteen', () => {
  const places = new Places();
  assert.equal(places.roomFor(webhook('a', 'acme')), 4);
  assert.equal(fill(places, webhook('a', 'acme')), 4);
  assert.equal(fill(places, webhook('failing', 'acme', true)), 1);
  const others = ['b', 'c', 'd', 'e'].map((id) => fill(places, webhook(id, 'acme')));
  assert.deepEqual(others, [4, 4, 3, 0]);
  assert.equal(places.roomFor(webhook('f', 'other')), 4);
});

test('webhooks that fail leave half of the places to the others, and a place can be taken again', () => {
  const places = new Places();
  let failing = 0;
  for (let one = 0; one < allPlaces; one += 1) failing += fill(places, webhook(`f${one}`, `o${one}`, true));
  assert.equal(failing, allPlaces / 2);
  assert.equal(places.isFull, false);
  let sound = 0;
  for (let one = 0; one < allPlaces; one += 1) sound += fill(places, webhook(`s${one}`, `o${one}`));
  assert.equal(sound, allPlaces / 2);
  assert.equal(places.isFull, true);

  const free = new Places();
  const first = free.take(webhook('a', 'acme', true));
  assert.equal(free.roomFor(webhook('a', 'acme', true)), 0);
  first[Symbol.dispose]();
  assert.equal(free.roomFor(webhook('a', 'acme', true)), 1);
});
