/** Keys of the composer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyPress, type KeySituation, meaningOf } from '../../src/composer/keys.ts';

const idle: KeySituation = { sendKey: 'enter', isEmpty: false, isBusy: false };
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  keyCode: 0,
  ...more,
});

test('Enter sends, Shift+Enter begins a line', () => {
  assert.equal(meaningOf(press('Enter'), idle), 'send');
  assert.equal(meaningOf(press('Enter', { shiftKey: true }), idle), undefined);
});

test('the Enter of an input method sends nothing, in Safari either', () => {
  assert.equal(meaningOf(press('Enter', { isComposing: true }), idle), undefined);
  assert.equal(meaningOf(press('Enter', { keyCode: 229 }), idle), undefined);
  assert.equal(meaningOf(press('Escape', { isComposing: true }), { ...idle, isBusy: true }), undefined);
});

test('with the other send key, only Ctrl or ⌘ with Enter sends', () => {
  const other: KeySituation = { ...idle, sendKey: 'mod-enter' };
  assert.equal(meaningOf(press('Enter'), other), undefined);
  assert.equal(meaningOf(press('Enter', { ctrlKey: true }), other), 'send');
  assert.equal(meaningOf(press('Enter', { metaKey: true }), other), 'send');
});

test('Escape stops only what runs; the arrow up edits only from an empty composer', () => {
  assert.equal(meaningOf(press('Escape'), idle), undefined);
  assert.equal(meaningOf(press('Escape'), { ...idle, isBusy: true }), 'stop');
  assert.equal(meaningOf(press('ArrowUp'), idle), undefined);
  assert.equal(meaningOf(press('ArrowUp'), { ...idle, isEmpty: true }), 'edit-last');
  assert.equal(meaningOf(press('ArrowUp', { altKey: true }), { ...idle, isEmpty: true }), undefined);
});
