/** Tools, the choice among them, and the form of the answer. Chat completions nest what responses write flat. */
import { invalid } from '../../../../domain/errors.ts';
import {
  type Asked,
  maxTools,
  type ResponseFormat,
  type ToolChoice,
  type ToolDefinition,
  toolNamePattern,
} from '../../../../domain/request/tools.ts';
import {
  type Fields,
  isFields,
  oneOfWords,
  optionalFlag,
  optionalText,
  readFields,
  readList,
  readText,
} from '../../read-values.ts';
import { OpenAiError } from '../errors.ts';

const toolName = new RegExp(toolNamePattern);

/** The tools as they are given, and what the model is asked for. */
export interface AskedTools {
  readonly given: readonly ToolDefinition[];
  readonly asked: Pick<Asked, 'tools' | 'toolChoice'>;
}

/** @throws AppError invalid_request, unsupported, as all below */
export function readTools(tools: unknown, toolChoice: unknown): AskedTools {
  const given =
    tools === undefined
      ? []
      : readList(tools, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`));
  if (given.length > maxTools) throw invalid('tools', `tools must have at most ${maxTools} items`);
  const names = new Set<string>();
  for (const [index, { name }] of given.entries()) {
    if (names.has(name))
      throw invalid(`tools[${index}].name`, `tools[${index}].name ${JSON.stringify(name)} is there twice`);
    names.add(name);
  }
  if (toolChoice === undefined) return { given, asked: given.length === 0 ? {} : { tools: given } };
  const { choice, allowed } = readChoice(toolChoice, names);
  const sent = allowed === undefined ? given : given.filter(({ name }) => allowed.has(name));
  if (sent.length === 0) return { given, asked: {} };
  return { given, asked: { tools: sent, toolChoice: choice } };
}

function readTool(value: unknown, path: string): ToolDefinition {
  const tool = readFields(value, path);
  requireFunction(readText(tool.type, `${path}.type`), `${path}.type`);
  const isNested = isFields(tool.function);
  const at = isNested ? `${path}.function` : path;
  const definition: Fields = isNested ? (tool.function as Fields) : tool;
  const name = readText(definition.name, `${at}.name`);
  if (!toolName.test(name)) throw invalid(`${at}.name`, `${at}.name must match ${toolNamePattern}`);
  const description = optionalText(definition.description, `${at}.description`);
  const strict = optionalFlag(definition.strict, `${at}.strict`);
  const { parameters } = definition;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined &&
      parameters !== null && { parameters: readFields(parameters, `${at}.parameters`) }),
    ...(strict !== undefined && { strict }),
  };
}

function requireFunction(type: string, path: string): void {
  if (type === 'function') return;
  throw new OpenAiError(
    'unsupported_value',
    `${path} ${JSON.stringify(type)} is not supported: only "function" is`,
    path,
  );
}

const words = ['none', 'auto', 'required'] as const;

interface Choice {
  readonly choice: ToolChoice;
  /** The names that may be called; absent: all. */
  readonly allowed?: ReadonlySet<string>;
}

function readChoice(value: unknown, names: ReadonlySet<string>): Choice {
  const path = 'tool_choice';
  if (typeof value === 'string') {
    const word = words.find((one) => one === value);
    if (word === undefined) throw oneOfWords(path, words);
    if (word === 'required' && names.size === 0)
      throw invalid(path, `${path} is "required", but there are no tools`);
    return { choice: word };
  }
  const choice = readFields(value, path);
  const type = readText(choice.type, `${path}.type`);
  if (type === 'allowed_tools') return readAllowed(choice, names);
  requireFunction(type, `${path}.type`);
  return { choice: { name: readName(choice, path, names) } };
}

function readName(tool: Fields, path: string, names: ReadonlySet<string>): string {
  const isNested = isFields(tool.function);
  const at = isNested ? `${path}.function.name` : `${path}.name`;
  const name = readText(isNested ? (tool.function as Fields).name : tool.name, at);
  if (!names.has(name)) throw invalid(at, `${at} ${JSON.stringify(name)} is not among the tools`);
  return name;
}

function readAllowed(choice: Fields, names: ReadonlySet<string>): Choice {
  const isNested = isFields(choice.allowed_tools);
  const path = isNested ? 'tool_choice.allowed_tools' : 'tool_choice';
  const allowed: Fields = isNested ? (choice.allowed_tools as Fields) : choice;
  const mode = optionalText(allowed.mode, `${path}.mode`) ?? 'auto';
  if (mode !== 'auto' && mode !== 'required') throw oneOfWords(`${path}.mode`, ['auto', 'required']);
  const tools = readList(allowed.tools, `${path}.tools`).map((tool, index) => {
    const at = `${path}.tools[${index}]`;
    const fields = readFields(tool, at);
    requireFunction(readText(fields.type, `${at}.type`), `${at}.type`);
    return readName(fields, at, names);
  });
  if (tools.length === 0) throw invalid(`${path}.tools`, `${path}.tools must have at least 1 item`);
  return { choice: mode, allowed: new Set(tools) };
}

const formats = ['text', 'json_object', 'json_schema'] as const;

/** `path` is `response_format` or `text.format`. Undefined: a text. */
export function readFormat(value: unknown, path: string): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined;
  const format = readFields(value, path);
  const type = readText(format.type, `${path}.type`);
  if (!formats.some((one) => one === type)) throw oneOfWords(`${path}.type`, formats);
  if (type === 'text') return undefined;
  if (type === 'json_object') return { type: 'json_object' };
  const isNested = isFields(format.json_schema);
  const at = isNested ? `${path}.json_schema` : path;
  const given: Fields = isNested ? (format.json_schema as Fields) : format;
  const name = readText(given.name, `${at}.name`);
  if (!toolName.test(name)) throw invalid(`${at}.name`, `${at}.name must match ${toolNamePattern}`);
  if (given.schema === undefined || given.schema === null) return { type: 'json_object' };
  const description = optionalText(given.description, `${at}.description`);
  const strict = optionalFlag(given.strict, `${at}.strict`);
  return {
    ...{ type: 'json_schema', name, schema: readFields(given.schema, `${at}.schema`) },
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
  };
}
