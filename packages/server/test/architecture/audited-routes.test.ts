/** Every route of the administration that changes something calls what the audit trail hears of. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const administration = fileURLToPath(new URL('../../src/http/admin/', import.meta.url));

const audited = /\bstore\.(?:change|changeOnce|note)\(\s*request\b|\berasure\.(?:organization|endUsers)\(/;

/** Operations that store nothing: what they cost is in the usage, by who asked. */
const storingNothing: readonly string[] = ['tryPersona'];

/** Names of a file's own functions that are audited: its routes may call them with the request. */
function auditedFunctions(source: string): readonly string[] {
  return source
    .split(/^(?= {2}(?:async )?function |(?:export )?(?:async )?function )/m)
    .filter((part) => audited.test(part.split(/^ {2}return \[$/m)[0] ?? ''))
    .flatMap((part) => /^\s*(?:export )?(?:async )?function (\w+)\(/.exec(part)?.[1] ?? []);
}

/** The operations of a file's routes that change something and that the audit trail does not hear of. */
export function unheardOf(source: string): readonly string[] {
  const own = auditedFunctions(source);
  return source
    .split(/\broute\(\{/)
    .slice(1)
    .filter((block) => /method: '(?:POST|PUT|PATCH|DELETE)'/.test(block))
    .filter((block) => !audited.test(block) && !own.some((name) => block.includes(`${name}(request`)))
    .map((block) => /operationId: '(\w+)'/.exec(block)?.[1] ?? 'a route without an operationId')
    .filter((operation) => !storingNothing.includes(operation));
}

test('the rule finds what it is for', () => {
  const route = (handler: string) =>
    `return [\n    route({ method: 'POST', schema: { operationId: 'makeIt' }, handler: ${handler} }),\n  ];`;
  assert.deepEqual(unheardOf(route('() => engine.cancel(scope, id)')), ['makeIt']);
  assert.deepEqual(unheardOf(route("(request) => store.change(request, 'createModel', {})")), []);
  const helper =
    '  async function erase(request) {\n    return erasure.endUsers(scope, ids, request);\n  }\n\n  ';
  assert.deepEqual(unheardOf(helper + route('(request) => erase(request)')), []);
  assert.deepEqual(unheardOf(helper + route('() => look()')), ['makeIt']);
});

test('every change of the administration is in the audit trail', () => {
  const files = readdirSync(administration, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const found = files.flatMap((path) =>
    unheardOf(readFileSync(join(administration, path), 'utf8')).map((operation) => `${path}: ${operation}`),
  );
  assert.ok(files.includes(join('keys', 'routes.ts')));
  assert.deepEqual(found, []);
});
