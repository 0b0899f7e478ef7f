/**
 * The Helm chart, rendered by Go's templates with sprig, which is what Helm renders with: what it makes of usual values
 * is what Kubernetes takes (by the types of its API), starts the server rightly, and is refused where data would be lost.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { startTestServer } from 'colloquy-testkit/server';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts';
import type { PersistentVolumeClaim, Secret, Service } from 'kubernetes-types/core/v1.d.ts';
import type { Ingress } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import { parse } from 'yaml';
import { catalog } from '../src/catalog.ts';
import { parseConfig } from '../src/config/config.ts';
import { listVariables } from '../src/config/variables.ts';
import { defaults, type Manifest, merged, readChart, render, root, skipReason } from './render-chart.ts';

const variables = listVariables(catalog);
const secret = { COLLOQUY_SECRET: 's'.repeat(32), COLLOQUY_ADMIN_KEY: `sk_admin_${'k'.repeat(24)}` };
const cluster = {
  replicas: 2,
  secret,
  postgres: { url: 'postgres://u:p@db/colloquy' },
  redis: { url: 'redis://r' },
};
const cases: Readonly<Record<string, object>> = {
  'as it is': {},
  'several servers': cluster,
  'a Secret of one’s own': {
    replicas: 3,
    existingSecret: 'mine',
    postgres: { external: true },
    redis: { external: true },
  },
  'a volume of one’s own': { persistence: { existingClaim: 'mine' } },
  'no volume': { persistence: { enabled: false } },
  'sign-in by a provider': {
    signIn: {
      publicUrl: 'https://chat.example.com',
      passwords: false,
      oidc: {
        issuer: 'https://login.example.com/realms/acme',
        clientId: 'colloquy',
        clientSecret: 'quite "secret"',
      },
    },
  },
  'sign-in with a Secret of one’s own': {
    signIn: {
      oidc: {
        issuer: 'https://login.example.com',
        clientId: '4711',
        existingSecret: 'oidc',
        existingSecretKey: 'client-secret',
        label: 'Acme: all',
      },
      organizationClaim: 'https://acme.example/org',
      roleClaim: 'groups',
    },
  },
  everything: {
    ...cluster,
    signIn: {
      publicUrl: 'https://a.example',
      oidc: { issuer: 'https://login.example.com', clientId: 'colloquy', clientSecret: 'quite secret' },
    },
    nameOverride: 'chat',
    image: { repository: 'registry.example/colloquy', tag: 'v1', pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'pull' }],
    env: { OPENAI_BASE_URL: 'https://api.example.com/v1', MAX_TOKENS: 1_000_000, TITLES: true },
    extraEnvFrom: [{ configMapRef: { name: 'more' } }],
    service: { type: 'LoadBalancer', port: 8080, annotations: { a: 'b' } },
    ingress: { enabled: true, className: 'nginx', hosts: ['a.example', 'b.example'], tlsSecret: 'tls' },
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
    shutdownGraceSeconds: 60,
    autoscaling: { enabled: true },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    podAnnotations: { one: 'two' },
    podLabels: { team: 'chat', since: 2024 },
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }],
        },
      },
    },
  },
};

test('the values have a schema that knows all of them, and refuses others by name', () => {
  const schema = JSON.parse(readChart('values.schema.json'));
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  assert.ok(validate(defaults()), JSON.stringify(validate.errors));
  for (const [name, values] of Object.entries(cases))
    assert.ok(validate(merged(defaults(), values)), `${name}: ${JSON.stringify(validate.errors)}`);
  for (const wrong of [
    { replica: 2 },
    { replicas: -1 },
    { env: { 'lower-case': 'x' } },
    { secret: { COLLOQUY_SECRET: 'short' } },
    { signIn: { oidc: { secret: 'misnamed' } } },
    { signIn: { publicUrl: 'chat.example.com' } },
    { secret: { COLLOQUY_ADMIN_KEY: 'secret-of-enough-letters-but-no-admin-key' } },
    { ingress: { hosts: [] } },
    { image: { pullPolicy: 'Sometimes' } },
  ])
    assert.equal(validate(merged(defaults(), wrong)), false, JSON.stringify(wrong));
  const missingNames = Object.keys(defaults()).filter((name) => !(name in schema.properties));
  assert.deepEqual(missingNames, []);
});

test('the chart has the package’s version', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8')) as {
    version: string;
  };
  assert.equal((parse(readChart('Chart.yaml')) as { appVersion: string }).appVersion, version);
});

describe('the chart’s manifests', { skip: skipReason() }, () => {
  const rendered = new Map<string, { readonly manifests: Manifest[]; readonly notes: string }>();
  before(() => {
    for (const [name, values] of Object.entries(cases)) rendered.set(name, render(values));
  });
  const manifestsOf = (name: string): Manifest[] => rendered.get(name)?.manifests ?? [];
  function find<T>(name: string, kind: string): T {
    const found = manifestsOf(name).filter((one) => one.kind === kind);
    assert.ok(found[0], `${name}: ${kind}`);
    return found[0] as unknown as T;
  }
  const has = (name: string, kind: string): boolean => manifestsOf(name).some((one) => one.kind === kind);

  test('are what the Kubernetes API takes, by its types', async () => {
    const types: Readonly<Record<string, string>> = {
      Deployment: 'apps/v1',
      Service: 'core/v1',
      ServiceAccount: 'core/v1',
      Secret: 'core/v1',
      PersistentVolumeClaim: 'core/v1',
      Ingress: 'networking/v1',
      HorizontalPodAutoscaler: 'autoscaling/v2',
      PodDisruptionBudget: 'policy/v1',
    };
    const lines = Object.entries(types).map(
      ([kind, group]) => `import type { ${kind} } from 'kubernetes-types/${group}.d.ts';`,
    );
    let count = 0;
    for (const manifest of [...rendered.values()].flatMap(({ manifests }) => manifests)) {
      if (manifest.apiVersion.startsWith('monitoring.coreos.com/')) continue;
      const group = types[manifest.kind];
      assert.ok(group, manifest.kind);
      assert.equal(manifest.apiVersion, group === 'core/v1' ? 'v1' : expandedGroup(group));
      count += 1;
      lines.push(`export const m${count}: ${manifest.kind} = ${JSON.stringify(manifest)};`);
    }
    assert.ok(count > 25, `${count} manifests`);
    const directory = join(root, `node_modules/.cache/chart-${process.pid}`);
    await mkdir(directory, { recursive: true });
    try {
      const file = join(directory, 'manifests.ts');
      const check = (text: string) => {
        const flags = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--types', ''];
        return writeFile(file, text).then(() =>
          spawnSync(join(root, 'node_modules/.bin/tsc'), [...flags, file], { cwd: root, encoding: 'utf8' }),
        );
      };
      const { status, stdout } = await check(lines.join('\n'));
      assert.equal(status, 0, stdout.slice(0, 2000));
      const wrong = lines.join('\n').replace('"containerPort"', '"containerPorts"');
      assert.notEqual((await check(wrong)).status, 0);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('ask the server what it answers, and give it the time to stop that it takes', async () => {
    await using server = await startTestServer();
    for (const name of Object.keys(cases)) {
      const pod = find<Deployment>(name, 'Deployment').spec?.template.spec;
      const [container] = pod?.containers ?? [];
      const env = new Map(container?.env?.map((one) => [one.name, one.value]));
      const given = defaults();
      const drain = Number(given.drainSeconds);
      const grace = Number(env.get('SHUTDOWN_GRACE_MS')) / 1000;
      assert.ok((pod?.terminationGracePeriodSeconds ?? 0) > drain + grace, name);
      for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe]) {
        const response = await fetch(server.url + probe?.httpGet?.path);
        assert.equal(response.status, 200, String(probe?.httpGet?.path));
        assert.equal(probe?.httpGet?.port, container?.ports?.[0]?.name);
      }
      assert.equal(String(container?.ports?.[0]?.containerPort), variables.PORT?.fallback);
      for (const one of env.keys()) if (name !== 'everything') assert.ok(one in variables, `${name}: ${one}`);
      const mounts = container?.volumeMounts?.map(({ name: volume }) => volume);
      assert.deepEqual(
        mounts,
        pod?.volumes?.map(({ name: volume }) => volume),
      );
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const scaler = find<HorizontalPodAutoscaler>('everything', 'HorizontalPodAutoscaler');
    const [byStreams] = scaler.spec?.metrics ?? [];
    assert.match(metrics, new RegExp(`^${byStreams?.pods?.metric.name} `, 'm'));
  });

  test('one server keeps its data on a volume that outlives it, several keep nothing', () => {
    const volumesOf = (name: string) => find<Deployment>(name, 'Deployment').spec?.template.spec?.volumes;
    assert.equal(
      find<PersistentVolumeClaim>('as it is', 'PersistentVolumeClaim').metadata?.name,
      'try-colloquy',
    );
    assert.equal(volumesOf('as it is')?.[0]?.persistentVolumeClaim?.claimName, 'try-colloquy');
    assert.equal(volumesOf('a volume of one’s own')?.[0]?.persistentVolumeClaim?.claimName, 'mine');
    assert.deepEqual(volumesOf('no volume')?.[0]?.emptyDir, {});
    assert.deepEqual(volumesOf('several servers')?.[0]?.emptyDir, {});
    for (const name of ['several servers', 'a volume of one’s own', 'no volume'])
      assert.equal(has(name, 'PersistentVolumeClaim'), false, name);
    const strategy = (name: string) => find<Deployment>(name, 'Deployment').spec?.strategy?.type;
    assert.deepEqual([strategy('as it is'), strategy('several servers')], ['Recreate', 'RollingUpdate']);
  });

  test('secrets are in a Secret, of the chart or of the operator', () => {
    assert.deepEqual(find<Secret>('several servers', 'Secret').stringData, {
      ...secret,
      DATABASE_URL: 'postgres://u:p@db/colloquy',
      REDIS_URL: 'redis://r',
    });
    assert.equal(has('as it is', 'Secret'), false);
    assert.equal(has('a Secret of one’s own', 'Secret'), false);
    const [container] =
      find<Deployment>('a Secret of one’s own', 'Deployment').spec?.template.spec?.containers ?? [];
    assert.deepEqual(container?.envFrom, [{ secretRef: { name: 'mine' } }]);
    const deployment = JSON.stringify(find<Deployment>('several servers', 'Deployment'));
    for (const value of Object.values(secret)) assert.equal(deployment.includes(value), false);
  });

  test('how people sign in is what the server takes, and the provider’s secret is in a Secret', () => {
    const containerOf = (name: string) =>
      find<Deployment>(name, 'Deployment').spec?.template.spec?.containers[0];
    const environmentOf = (name: string): Record<string, string> => {
      const env = (containerOf(name)?.env ?? []).map((one) => [one.name, one.value ?? 'from a Secret']);
      const stored = has(name, 'Secret') ? find<Secret>(name, 'Secret').stringData : {};
      return { ...Object.fromEntries(env), ...stored };
    };
    const signInOf = (name: string) => {
      const { config, problems } = parseConfig(environmentOf(name), catalog);
      assert.ok(config, `${name}: ${JSON.stringify(problems)}`);
      return config.signIn;
    };
    assert.deepEqual(signInOf('as it is'), { takesPasswords: true });
    assert.deepEqual(signInOf('sign-in by a provider'), {
      takesPasswords: false,
      publicUrl: 'https://chat.example.com',
      oidc: {
        issuer: 'https://login.example.com/realms/acme',
        clientId: 'colloquy',
        clientSecret: 'quite "secret"',
        label: 'Single sign-on',
        organizationClaim: 'org_id',
        roleClaim: 'role',
      },
    });
    const theirs = 'sign-in with a Secret of one’s own';
    assert.deepEqual(signInOf(theirs).oidc, {
      issuer: 'https://login.example.com',
      clientId: '4711',
      clientSecret: 'from a Secret',
      label: 'Acme: all',
      organizationClaim: 'https://acme.example/org',
      roleClaim: 'groups',
    });
    const reference = containerOf(theirs)?.env?.find(({ name }) => name === 'OIDC_CLIENT_SECRET');
    assert.deepEqual(reference?.valueFrom, { secretKeyRef: { name: 'oidc', key: 'client-secret' } });
    assert.equal(has(theirs, 'Secret'), false);
    const deployment = JSON.stringify(find<Deployment>('sign-in by a provider', 'Deployment'));
    assert.equal(deployment.includes('quite'), false);
    assert.deepEqual(containerOf('sign-in by a provider')?.envFrom, [
      { secretRef: { name: 'try-colloquy' } },
    ]);
  });

  test('several servers are budgeted, one is not; services find the pods', () => {
    assert.equal(has('as it is', 'PodDisruptionBudget'), false);
    const budget = find<PodDisruptionBudget>('several servers', 'PodDisruptionBudget');
    for (const name of Object.keys(cases)) {
      const { spec } = find<Deployment>(name, 'Deployment');
      const labels = spec?.template.metadata?.labels;
      const service = find<Service>(name, 'Service').spec?.selector ?? {};
      for (const [label, value] of [
        ...Object.entries(service),
        ...Object.entries(spec?.selector.matchLabels ?? {}),
      ])
        assert.equal(labels?.[label], value, `${name}: ${label}`);
    }
    assert.deepEqual(
      budget.spec?.selector?.matchLabels,
      find<Deployment>('several servers', 'Deployment').spec?.selector.matchLabels,
    );
  });

  test('the ingress hides the figures, and buffers no stream', () => {
    const ingress = find<Ingress>('everything', 'Ingress');
    assert.equal(ingress.metadata?.annotations?.['nginx.ingress.kubernetes.io/proxy-buffering'], 'off');
    const services = manifestsOf('everything').filter(({ kind }) => kind === 'Service') as Service[];
    assert.equal(ingress.spec?.rules?.length, 2);
    for (const rule of ingress.spec?.rules ?? [])
      for (const { path, backend } of rule.http?.paths ?? []) {
        const service = services.find(({ metadata }) => metadata?.name === backend.service?.name);
        assert.ok(service, backend.service?.name);
        assert.equal(service.spec?.selector === undefined, path === '/metrics', path);
      }
  });

  test('values that would lose data or never start are refused in a sentence', () => {
    const issuer = 'https://login.example.com';
    const wrong: readonly [object, RegExp][] = [
      [{ replicas: 2 }, /several servers need PostgreSQL/],
      [{ autoscaling: { enabled: true } }, /several servers need PostgreSQL/],
      [{ postgres: cluster.postgres }, /set secret\.COLLOQUY_SECRET/],
      [{ postgres: { external: true }, secret }, /need existingSecret/],
      [{ ...cluster, existingSecret: 'mine' }, /existingSecret is used instead/],
      [
        { ...cluster, autoscaling: { enabled: true, targetOpenStreams: 0, targetCPUPercent: 0 } },
        /autoscaling needs/,
      ],
      [{ signIn: { oidc: { issuer } } }, /needs signIn\.oidc\.clientId/],
      [{ signIn: { oidc: { issuer, clientId: 'c' } } }, /needs a secret/],
      [{ signIn: { oidc: { clientId: 'c', clientSecret: 's' } } }, /need signIn\.oidc\.issuer/],
      [
        { signIn: { oidc: { issuer, clientId: 'c', clientSecret: 's', existingSecret: 'mine' } } },
        /given twice/,
      ],
      [{ existingSecret: 'mine', signIn: { oidc: { clientSecret: 's' } } }, /existingSecret is used instead/],
      [{ signIn: { passwords: false } }, /nobody could sign in/],
      [
        { signIn: { publicUrl: 'https://a.example' }, env: { PUBLIC_URL: 'https://b.example' } },
        /PUBLIC_URL is set by env and by signIn/,
      ],
    ];
    for (const [values, message] of wrong) assert.throws(() => render(values), message);
    assert.match(render({ ...cluster, redis: {} }).notes, /without Redis/);
  });
});

function expandedGroup(group: string): string {
  return group.startsWith('networking/') ? group.replace('networking', 'networking.k8s.io') : group;
}
