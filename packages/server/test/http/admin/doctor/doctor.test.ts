/** `POST /api/admin/doctor`: a running server examines the way to itself. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { administer, adminKey } from 'colloquy-testkit/tenants';
import { startProxy } from '../../../doctor/proxies.ts';

interface Examined {
  readonly address: string;
  readonly route: string;
  readonly problem: string | null;
  readonly findings: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly measured: string;
    readonly advice: string | null;
  }[];
}

describe('the doctor', { concurrency: false }, async () => {
  const server = await startTestServer();
  after(() => server[Symbol.asyncDispose]());
  const ask = async (body: object) => {
    const response = await fetch(`${server.url}/api/admin/doctor`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Examined & { field?: string } };
  };
  /** A busy machine looks like a proxy that holds frames back, so what it says of that is not looked at. */
  const verdictsOf = ({ findings }: Examined) =>
    findings.map(({ name, verdict }) =>
      ['first byte', 'buffering'].includes(name) ? name : `${name}: ${verdict}`,
    );
  const good = ['first byte', 'buffering', 'headers: ok', 'resume: ok', 'silence: ok', 'lifetime: ok'];

  test('without an address it examines the one that the request came to; one at a time', async () => {
    const [first, second] = await Promise.all([ask({ silence_seconds: 1 }), ask({ silence_seconds: 1 })]);
    assert.deepEqual([first.status, second.status].sort(), [200, 409]);
    const { body } = first.status === 200 ? first : second;
    assert.equal(body.address, `${server.url}/`);
    assert.equal(body.route, 'Without a proxy of the environment.');
    assert.equal(body.problem, null);
    assert.deepEqual(verdictsOf(body), good);
    assert.ok(
      body.findings.every(
        ({ measured, verdict, advice }) => measured !== '' && (verdict !== 'ok' || advice === null),
      ),
    );
  });

  test('a proxy that breaks streams is found out, with what to change', async () => {
    await using proxy = await startProxy(server.url, { kind: 'forgets-cursor' });
    const { status, body } = await ask({ address: proxy.url, silence_seconds: 1 });
    assert.equal(status, 200);
    assert.deepEqual(
      verdictsOf(body),
      good.map((one) => one.replace('resume: ok', 'resume: bad')),
    );
    assert.match(body.findings.find(({ name }) => name === 'resume')?.advice ?? '', /Last-Event-ID/);
  });

  test('what is no Colloquy server is said to be none, without what it says', async () => {
    for (const [address, problem] of [
      ['http://ada:sesame@127.0.0.1:9/chat', /ECONNREFUSED|refused/],
      [`${server.upstream.url}/secret-page`, /^it answers 404, and not as a Colloquy server$/],
      ['https://no-such-host.invalid', /./],
    ] as const) {
      const { status, body } = await ask({ address });
      assert.equal(status, 200, address);
      assert.match(body.problem ?? '', problem);
      assert.deepEqual(body.findings, []);
      assert.doesNotMatch(JSON.stringify(body), /sesame/);
    }
    const { data } = await administer<{ data: { after: { address: string } }[] }>(
      server.url,
      'GET',
      '/audit?action=server.examine',
    );
    assert.ok(data.some(({ after: { address } }) => address === 'http://127.0.0.1:9/chat'));
    assert.doesNotMatch(JSON.stringify(data), /sesame/);
  });

  test('what is no address, and no length of silence, is refused by its field', async () => {
    for (const [field, values] of [
      [
        'address',
        ['', 'chat.example.com', 'ftp://x', 'http://', 'https://a b', 7, null, `http://${'x'.repeat(2000)}`],
      ],
      ['silence_seconds', [0, 116, 1.5, '20', null]],
      ['other', [1]],
    ] as const) {
      for (const value of values) {
        const { status, body } = await ask({ [field]: value });
        assert.deepEqual([status, body.field], [400, field], String(value));
      }
    }
  });
});
