/**
 * `/api/console`: what the console signs in with. Its cookie is taken here alone and is good for one exchange: for a token
 * of some minutes, which every other API takes as it takes those of members.
 */
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes } from '../routing/route.ts';
import { accountRoutes } from './account-routes.ts';
import type { SignInDependencies } from './dependencies.ts';
import { entryRoutes } from './entry-routes.ts';
import { linkRoutes } from './link-routes.ts';
import { openIdRoutes } from './openid-routes.ts';
import { passkeyRoutes } from './passkey-routes.ts';
import { passkeySignInRoutes } from './passkey-sign-in-routes.ts';
import { ProfileSchema } from './schema.ts';

/** Register it with the prefix `/api/console`. */
export function signIn(dependencies: SignInDependencies): AppPlugin {
  return async (app) => {
    app.addSchema(ProfileSchema);
    addRoutes(app, [
      ...entryRoutes(dependencies),
      ...accountRoutes(dependencies),
      ...linkRoutes(dependencies),
      ...openIdRoutes(dependencies),
      ...passkeyRoutes(dependencies),
      ...passkeySignInRoutes(dependencies),
    ]);
  };
}
