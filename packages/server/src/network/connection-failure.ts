/** Says in words why a connection failed, where its error alone does not tell a person what to do. */
import { AddressRefusedError, kindOfAddress } from './address-guard.ts';
import { ProxyError } from './proxy-error.ts';

export interface ConnectionFailure {
  /** A clause: "its certificate is not trusted; …". It holds no address, no name and no credentials. */
  readonly reason: string;
  /** `lasting`: it would fail alike the next time. */
  readonly kind: 'passing' | 'lasting' | 'timeout';
}

const trustAdvice =
  'set NODE_EXTRA_CA_CERTS to a PEM file with the certificate of the authority that issued it';

/** Codes of Node.js and OpenSSL for a certificate that no known authority vouches for. */
const untrusted: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is the clock of this machine right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** What is wrong with a certificate, as a clause that begins with "its certificate"; undefined for other errors. */
export function certificateFault(error: unknown): string | undefined {
  const code = codeOf(error);
  if (untrusted.has(code)) return `its certificate is not trusted; ${trustAdvice}`;
  return Object.hasOwn(certificateFaults, code) ? certificateFaults[code] : undefined;
}

/** Undefined where there is nothing to say beyond the error's code. */
export function explainConnectionFailure(error: unknown): ConnectionFailure | undefined {
  const proxyError = find(error, (one) => one instanceof ProxyError);
  if (proxyError !== undefined) return { reason: `the proxy ${proxyError.reason}`, kind: proxyError.kind };
  if (findRefusal(error) !== undefined) {
    return { reason: 'its address is not public, and only the operator may use such a one', kind: 'lasting' };
  }
  const fault = certificateFault(error);
  if (fault !== undefined) return { reason: fault, kind: 'lasting' };
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { reason: "its name can't be resolved on this machine", kind: 'passing' };
  }
  return undefined;
}

/** For administrators, who set the field: why the address that it leads to is refused; undefined for other errors. */
export function explainRefusal(error: unknown, field: string): string | undefined {
  const refusal = findRefusal(error);
  if (refusal === undefined) return undefined;
  const kind = kindOfAddress(refusal.address);
  const what = kind === 'public' ? 'an address of this machine' : `a ${kind} address`;
  return `${field} leads to ${what}; only the operator's admin key may set such a one`;
}

/** The refusal of an address in an error. Node tries a name's addresses in turn and reports their errors together. */
export function findRefusal(error: unknown): AddressRefusedError | undefined {
  return find(error, (one) => one instanceof AddressRefusedError);
}

function find<Found extends Error>(error: unknown, is: (one: unknown) => one is Found): Found | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (is(one)) return one;
    if (one instanceof AggregateError) {
      const part = one.errors.find(is);
      if (part !== undefined) return part;
    }
  }
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
