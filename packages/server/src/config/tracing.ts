/** Where traces are sent: the variables that OpenTelemetry has for it. */
import { trimSlashes } from '../domain/text/trimming.ts';
import type { Reader } from './reader.ts';
import type { ServerVariable } from './variables.ts';

export interface TracingConfig {
  /** The collector's address without a slash at the end and without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The share of traces that are kept, 0 to 1. */
  readonly share: number;
}

/** Undefined where no collector is set. */
export function readTracing(reader: Reader<ServerVariable>): TracingConfig | undefined {
  const endpoint = reader.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']);
  const headers = readHeaders(reader);
  const serviceName = reader.text('OTEL_SERVICE_NAME') ?? '';
  const share = Number(reader.text('OTEL_TRACES_SAMPLER_ARG'));
  if (!(share >= 0 && share <= 1)) reader.reject('OTEL_TRACES_SAMPLER_ARG');
  if (endpoint !== undefined && /[?#]/.test(endpoint)) reader.reject('OTEL_EXPORTER_OTLP_ENDPOINT');
  return endpoint === undefined
    ? undefined
    : { endpoint: trimSlashes(endpoint), headers, serviceName, share };
}

/** `name=value,name=value`: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables */
function readHeaders(reader: Reader<ServerVariable>): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const pair of reader.list('OTEL_EXPORTER_OTLP_HEADERS')) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*([!-~]*)$/.exec(pair) ?? [];
    const decoded = value === undefined ? undefined : decode(value);
    if (name === undefined || decoded === undefined) reader.reject('OTEL_EXPORTER_OTLP_HEADERS');
    else headers[name.toLowerCase()] = decoded;
  }
  return headers;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
