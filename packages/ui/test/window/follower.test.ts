/** Following the end of a text that grows, and letting go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFollower, type Metrics } from '../../src/window/follower.ts';

const at = (top: number, height: number, hasLast = true): Metrics => ({ top, height, view: 500, hasLast });

/** A follower that has written the end of a text of this height. */
function atEnd(height: number) {
  const follower = createFollower();
  follower.wrote(follower.changed(at(0, height), true) ?? -1);
  return follower;
}

test('it follows what grows', () => {
  const follower = atEnd(2000);
  assert.equal(follower.changed(at(1500, 2300), true), 1800);
  follower.wrote(1800);
  follower.moved(at(1800, 2400));
  assert.ok(follower.isFollowing);
  assert.equal(follower.changed(at(1800, 2400), true), 1900);
});

test('any move up by the person lets go, whether the event or the next text comes first', () => {
  const byEvent = atEnd(2000);
  byEvent.moved(at(1480, 2000));
  assert.equal(byEvent.isFollowing, false);
  assert.equal(byEvent.changed(at(1480, 2100), true), undefined);
  assert.ok(byEvent.hasNew);

  const byText = atEnd(2000);
  assert.equal(byText.changed(at(1480, 2100), true), undefined);
  assert.equal(byText.isFollowing, false);
});

test('a text that becomes shorter is no move of the person', () => {
  const follower = atEnd(2000);
  follower.moved(at(1200, 1700));
  assert.ok(follower.isFollowing);
  assert.equal(follower.changed(at(1200, 1700), false), 1200);
});

test('going back to the end follows again, a move down elsewhere does not', () => {
  const follower = atEnd(2000);
  follower.moved(at(900, 2000));
  follower.moved(at(1100, 2000));
  assert.equal(follower.isFollowing, false);
  follower.changed(at(1100, 2100), true);
  assert.ok(follower.hasNew);
  follower.moved(at(1599, 2100));
  assert.ok(follower.isFollowing);
  assert.equal(follower.hasNew, false);
});

test('the end of a window that is not the end of the list is not followed', () => {
  const follower = atEnd(2000);
  follower.moved(at(900, 2000, false));
  follower.moved(at(1500, 2000, false));
  assert.equal(follower.isFollowing, false);
});

test('a person who is near the end and moves up a little is not pulled back', () => {
  const follower = atEnd(2000);
  follower.moved(at(1497, 2000));
  assert.equal(follower.isFollowing, false);
});
