/** Which errors of a store pass by themselves, and which a retry would meet again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { mayPass } from '../../src/store/unavailable.ts';

function failure(fields: object, message = 'failed'): Error {
  return Object.assign(new Error(message), fields);
}

const passing: readonly Error[] = [
  failure({ code: '53100' }),
  failure({ code: '57P01' }),
  failure({ code: '08006' }),
  failure({ code: '40001' }),
  failure({ code: '25006' }),
  failure({ code: '28P01' }),
  failure({ code: 'ECONNREFUSED' }),
  failure({ code: 'EPIPE' }),
  failure({ errcode: 13 }),
  failure({ errcode: 778 }),
  failure({ errcode: 261 }),
  failure({}, 'Connection terminated unexpectedly'),
  failure({}, 'timeout exceeded when trying to connect'),
  failure({}, 'Client has encountered a connection error and is not queryable'),
  new AppError('overloaded', 'the server can store nothing at the moment'),
  new AppError('interrupted', 'this process lost its lease'),
];

const lasting: readonly unknown[] = [
  failure({ code: '22P02' }),
  failure({ code: '22021' }),
  failure({ code: '23505' }),
  failure({ code: '54000' }),
  failure({ code: '42703' }),
  failure({ code: 'ERR_INVALID_ARG_TYPE' }),
  failure({ errcode: 19 }),
  failure({ errcode: 18 }),
  failure({}, 'the store could not write: datatype mismatch'),
  new TypeError('not a function'),
  new AppError('conflict', 'another request changed the same data'),
  'a text',
];

test('a store that is away, full or read-only passes', () => {
  for (const error of passing) assert.equal(mayPass(error), true, JSON.stringify(error));
});

test('a value, a constraint or a mistake does not', () => {
  for (const error of lasting) assert.equal(mayPass(error), false, JSON.stringify(error));
});
