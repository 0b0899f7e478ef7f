/** Why PostgreSQL can't be used, in a sentence that names the variable and says what to do. */
import { certificateFault } from '../network/connection-failure.ts';
import type { StartFailure } from './start-failure.ts';

/** Host, port, database and role of an address, without its password. */
interface Place {
  readonly server: string;
  readonly database: string;
  readonly role: string;
}

function placeOf(databaseUrl: string): Place {
  const url = URL.parse(databaseUrl);
  const role = decodeURIComponent(url?.username || (url?.searchParams.get('user') ?? ''));
  const host = url?.hostname || (url?.searchParams.get('host') ?? '');
  const database = decodeURIComponent(url?.pathname.slice(1) ?? '') || role;
  return {
    server: host === '' ? 'the local PostgreSQL' : `${host}:${url?.port || 5432}`,
    database: database === '' ? 'of the default name' : `"${database}"`,
    role: role === '' ? 'of the default name' : `"${role}"`,
  };
}

interface DatabaseError extends Error {
  readonly code?: string;
  readonly path?: string;
  readonly detail?: string;
}

/** Undefined for errors that are none of PostgreSQL's or of the connection to it. */
export function explainPostgresFailure(error: Error, databaseUrl: string): StartFailure | undefined {
  const [reason, exitCode] = explain(error, placeOf(databaseUrl)) ?? [];
  return reason === undefined || exitCode === undefined
    ? undefined
    : { sentence: `DATABASE_URL: ${reason}`, exitCode };
}

/** What passes by itself has exit code 1, so that a supervisor tries again; what somebody must change has 78. */
function explain(
  error: DatabaseError,
  place: Place,
): readonly [reason: string, exitCode: 1 | 78] | undefined {
  const { server, database, role } = place;
  const { code = '', message } = error;
  const fault = certificateFault(error);
  if (fault !== undefined) return [`the server ${server} is not trusted, since ${fault}`, 78];
  switch (code) {
    case 'ECONNREFUSED':
      return [`nothing listens on ${server}; start PostgreSQL, or correct the address`, 1];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [
        `the host of ${server} can't be found; correct its name, or the name service of this machine`,
        1,
      ];
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`${server} can't be reached (${code}); correct the address, or the network on the way`, 1];
    case 'ECONNRESET':
    case 'EPIPE':
      return [`${server} closed the connection; is it PostgreSQL that listens there?`, 1];
    case 'ENOENT':
    case 'EACCES':
    case 'EISDIR':
      return [`the file ${error.path ?? ''} that it needs can't be read (${code})`, 78];
    case '3D000':
      return [`there is no database ${database} on ${server}; create it (createdb), or name another one`, 78];
    case '28P01':
      return [`${server} refuses the password of the role ${role}; correct it`, 78];
    case '28000':
      return [`${server} refuses the role ${role} (${message}); create it, or allow it in pg_hba.conf`, 78];
    case '42501':
      return [
        `the role ${role} may not do what Colloquy needs (${message}); make it the owner of the database ${database}`,
        78,
      ];
    case '53300':
      return [
        `${server} has no connection left (${message}); lower DATABASE_POOL_SIZE, or raise its max_connections`,
        1,
      ];
    case '53100':
      return [`the disk of ${server} is full; free some space there`, 1];
    case '57P03':
    case '57P01':
      return [`${server} is starting or stopping (${message}); try again shortly`, 1];
    case '25006':
      return [`${server} only reads, as a standby does; name the primary server`, 78];
    case '55P03':
    case '57014':
      return [`the database ${database} on ${server} is held by somebody else for too long (${message})`, 1];
    default:
      return explainByWords(message, place) ?? explainOther(error, server);
  }
}

/** `pg` gives errors of its own no codes. */
function explainByWords(message: string, { server, role }: Place): readonly [string, 1 | 78] | undefined {
  if (/does not support SSL/.test(message))
    return [`${server} does not speak TLS; set it up there, or leave sslmode out of the address`, 78];
  if (/password must be a (non-empty )?string/.test(message))
    return [`${server} asks for the password of the role ${role}; put it into the address`, 78];
  if (/^timeout e|^Connection terminated due to connection timeout/.test(message))
    return [`${server} does not answer; correct the address, or the network on the way`, 1];
  if (/^Connection terminated/.test(message))
    return [`${server} closed the connection; is it PostgreSQL that listens there?`, 1];
  if (/^Received unexpected|^Unknown authenticationOk|There was an error establishing an SSL/.test(message))
    return [`what listens on ${server} does not speak as PostgreSQL does; correct the address`, 78];
  return undefined;
}

/** SQLSTATE has five digits or capitals. */
function explainOther(
  { code = '', message }: DatabaseError,
  server: string,
): readonly [string, 1] | undefined {
  return /^[0-9A-Z]{5}$/.test(code) ? [`${server} answered: ${message} (SQLSTATE ${code})`, 1] : undefined;
}
