/** The relay that the others are compared with: nothing is stored. */
import { serveRelay } from './plain-relay.ts';

serveRelay();
