/** The matrix of the administration of the server, which is not that of one organization. */
import { administered, at, manage, type Row } from './row.ts';

const nobody = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';

export function wholeServerRows(): Readonly<Record<string, Row>> {
  return {
    'GET /api/admin/organizations': manage(
      administered(200, { otherOrganization: 200 }),
      at('/api/admin/organizations'),
      { hides: ({ tenant }) => tenant.organizationId, sees: ['good', 'adminKey'] },
    ),
    'GET /api/admin/providers': manage(
      administered(200, { otherOrganization: 200 }),
      at('/api/admin/providers'),
    ),
    'GET /api/admin/health': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      at('/api/admin/health'),
    ),
    // There is nothing to measure at that address.
    'POST /api/admin/doctor': manage(administered(200, { otherOrganization: 403, adminKey: 403 }), () => ({
      path: '/api/admin/doctor',
      body: { address: 'http://127.0.0.1:9' },
    })),
    'GET /api/admin/server-settings': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      at('/api/admin/server-settings'),
    ),
    // No search engine is at the address that its variable holds.
    'POST /api/admin/server-settings/search-test': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: '/api/admin/server-settings/search-test', body: { query: 'spare' } }),
    ),
    'POST /api/admin/backup': manage(administered(202, { otherOrganization: 403, adminKey: 403 }), () => ({
      path: '/api/admin/backup',
      body: { file: 'spare.db' },
    })),
    'GET /api/admin/accounts': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      at('/api/admin/accounts'),
    ),
    // Nobody signs in to the servers of the matrix.
    'PATCH /api/admin/accounts/:id': manage(
      administered(404, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: `/api/admin/accounts/${nobody}`, body: { operator: true } }),
    ),
    'DELETE /api/admin/accounts/:id': manage(
      administered(404, { otherOrganization: 403, adminKey: 403 }),
      at(`/api/admin/accounts/${nobody}`),
    ),
    // There is no account, so it is one that makes the first one.
    'POST /api/admin/sign-in-link': manage(
      administered(201, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: '/api/admin/sign-in-link', body: { email: 'spare@a.example' } }),
    ),
    'POST /api/admin/secret/rotate': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: '/api/admin/secret/rotate', body: {} }),
    ),
    'POST /api/admin/organizations': manage(
      administered(201, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: '/api/admin/organizations', body: { name: 'New' } }),
    ),
    'GET /api/admin/audit': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      at('/api/admin/audit'),
    ),
  };
}
