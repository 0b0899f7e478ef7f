/** What lies in `deploy/` and `.github/` is true: the variables, files, ports and paths that it names are there. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestServer } from 'colloquy-testkit/server';
import { parse } from 'yaml';
import { catalog } from '../src/catalog.ts';
import { listVariables } from '../src/config/variables.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const variables = listVariables(catalog);
const graceSeconds = Number(variables.SHUTDOWN_GRACE_MS?.fallback) / 1000;

/** Names that are not variables of the server. */
function unknown(names: Iterable<string>): string[] {
  return [...names].filter((name) => !(name in variables) && name !== 'NODE_ENV');
}

const dockerfile = read('deploy/Dockerfile').replace(/\\\n/g, ' ');
const instructions = dockerfile
  .split('\n')
  .flatMap((line) => /^\s*([A-Z]+)\s+(.*)$/.exec(line)?.slice(1, 3) ?? [])
  .flatMap((word, at, all) => (at % 2 === 0 ? [{ name: word, text: all[at + 1] ?? '' }] : []));
const textsOf = (name: string) => instructions.filter((one) => one.name === name).map(({ text }) => text);

test('the image: its files are there, and are handed to whoever builds it', () => {
  const allowed = read('.dockerignore').match(/(?<=^!).+$/gm) ?? [];
  const sources = textsOf('COPY')
    .filter((text) => !text.startsWith('--from') && text !== '. .')
    .flatMap((text) => text.trim().split(/\s+/).slice(0, -1));
  assert.ok(sources.length > 3);
  for (const path of [...sources, ...allowed]) assert.ok(existsSync(join(root, path)), path);
  for (const path of sources)
    assert.ok(
      allowed.some((one) => `${path}/`.startsWith(`${one}/`)),
      path,
    );
  const workspaces: string[] = ['bench', 'packages/client', 'packages/server', 'packages/testkit'];
  for (const one of workspaces) assert.ok(sources.includes(`${one}/package.json`), one);
});

test('the image: what it runs is published, and its variables are the server’s', () => {
  const [entry = ''] = textsOf('ENTRYPOINT');
  const [, program = ''] = JSON.parse(entry) as string[];
  assert.ok(existsSync(join(root, program.replace(/^\/app\//, ''))), program);
  assert.deepEqual(JSON.parse(textsOf('CMD').at(-1) ?? ''), ['start']);
  const names = textsOf('ENV').flatMap((text) => text.match(/\b[A-Z_]+(?==)/g) ?? []);
  assert.deepEqual(unknown(names), []);
  assert.ok(names.includes('HOST') && names.includes('DATA_DIR'));
  assert.match(textsOf('USER').at(-1) ?? '', /^[1-9]\d*:0$/);
  assert.deepEqual(textsOf('EXPOSE'), [variables.PORT?.fallback]);
});

test('the image: its health check is fine with a server that is ready, and with no other', async () => {
  await using server = await startTestServer();
  const [command, ...args] = JSON.parse(/CMD (\[.*\])/.exec(textsOf('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]');
  assert.equal(command, 'node');
  const check = async (port: string) => {
    const [code] = await once(spawn(process.execPath, args, { env: { PORT: port } }), 'exit');
    return code;
  };
  assert.equal(await check(new URL(server.url).port), 0);
  assert.equal(await check('1'), 1);
});

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly replicas: number };
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

for (const file of ['compose.yaml', 'compose.cluster.yaml']) {
  test(`${file} names variables, files, services and volumes that are there`, () => {
    const { services, volumes } = parse(read(`deploy/${file}`)) as {
      services: Record<string, Service>;
      volumes: Record<string, unknown>;
    };
    const server = services.colloquy;
    assert.ok(server?.build && server.environment);
    assert.deepEqual(unknown(Object.keys(server.environment)), []);
    assert.ok(existsSync(join(root, 'deploy', server.build.context, server.build.dockerfile)));
    assert.ok(Number.parseInt(server.stop_grace_period ?? '', 10) > graceSeconds);
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    assert.deepEqual(ports, ['127.0.0.1:8080:8080']);
    for (const service of Object.values(services)) {
      for (const name of Object.keys(service.depends_on ?? {})) assert.ok(name in services, name);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) assert.ok(existsSync(join(root, 'deploy', source)), source);
        else assert.ok(source in volumes, source);
      }
    }
  });
}

test('the balancer spreads requests over two servers, and its configuration is nginx’s', async (t) => {
  const { services } = parse(read('deploy/compose.cluster.yaml')) as { services: Record<string, Service> };
  assert.equal(services.colloquy?.deploy?.replicas, 2);
  const configuration = read('deploy/nginx/colloquy.conf');
  assert.doesNotMatch(configuration, /ip_hash|sticky|hash/);
  assert.match(configuration, /http:\/\/colloquy:8080;/);
  if (spawnSync('nginx', ['-v']).error) return t.skip('no nginx on this machine');
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-nginx-'));
  t.after(() => rm(directory, { recursive: true }));
  const whole = join(directory, 'nginx.conf');
  const own = configuration.replaceAll('/var/log/nginx', directory);
  await writeFile(whole, `pid ${directory}/pid;\nevents {}\nhttp {\naccess_log off;\n${own}}\n`);
  const { status, stderr } = spawnSync('nginx', ['-t', '-c', whole, '-e', join(directory, 'error.log')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

test('the systemd unit waits for the server’s grace, and is systemd’s', (t) => {
  const unit = read('deploy/systemd/colloquy.service');
  const set = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(
    ([, text]) => text?.match(/[A-Z_]+(?==)/g) ?? [],
  );
  assert.deepEqual(unknown(set), []);
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > graceSeconds);
  assert.match(unit, /^RestartPreventExitStatus=.*\b78\b/m);
  const program = 'systemd-analyze';
  if (spawnSync(program, ['--version']).error) return t.skip('no systemd-analyze on this machine');
  const { status, stderr } = spawnSync(program, ['verify', join(root, 'deploy/systemd/colloquy.service')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /colloquy\.service:\d+:/, 'no line is unknown or wrong');
});

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { uses?: string; needs?: string; steps?: { run?: string; uses?: string }[] }>
  >;
}

test('the workflows run what is there', () => {
  const [ci, release] = ['ci', 'release'].map(
    (name) => parse(read(`.github/workflows/${name}.yml`)) as Workflow,
  );
  assert.ok(ci && release);
  assert.ok(ci.jobs.check?.steps?.some(({ run }) => run === '.ci/run'));
  assert.equal(release.jobs.publish?.needs, 'check');
  assert.ok(existsSync(join(root, release.jobs.check?.uses ?? 'nothing')));
  const commands = (release.jobs.publish?.steps ?? []).map(({ run = '' }) => run).join('\n');
  for (const [path = ''] of commands.matchAll(/scripts\/\S+\.js/g))
    assert.ok(existsSync(join(root, path)), path);
  assert.match(commands, /npm publish --provenance --workspace packages\/server/);
});

test('a release’s notes are the changelog’s section, if package and changelog have the version', () => {
  const notes = (version: string) =>
    spawnSync(process.execPath, [join(root, 'scripts/release-notes.js'), version], { encoding: 'utf8' });
  const { version } = JSON.parse(read('packages/server/package.json'));
  const { status, stdout, stderr } = notes(version);
  assert.equal(status, 0, stderr);
  assert.ok(stdout.length > 20 && !stdout.includes('## ['), stdout);
  assert.equal(notes('99.0.0').status, 1);
});
