/** Contents of messages: texts and images. */
import { invalid } from '../../../../domain/errors.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import { imageDetails } from '../../../../domain/request/tools.ts';
import { checkImageAddress, type ImageCount } from '../../images.ts';
import {
  type Fields,
  missing,
  oneOfWords,
  optionalText,
  readFields,
  readList,
  readText,
  readWord,
} from '../../read-values.ts';
import { OpenAiError } from '../errors.ts';

const texts = ['text', 'input_text', 'output_text'] as const;
const images = ['image_url', 'input_image'] as const;
/** Types that exist, but that no model here is given. */
const refused = ['input_audio', 'input_file', 'file'] as const;

export interface ContentRules {
  /** The types of parts that are allowed. */
  readonly types: readonly ((typeof texts)[number] | (typeof images)[number] | 'refusal')[];
  readonly count: ImageCount;
}

/** A content as parts: a text is one. @throws AppError invalid_request, unsupported */
export function readContent(value: unknown, path: string, rules: ContentRules): readonly MessagePart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (value === undefined || value === null) throw missing(path);
  const list = readList(value, path);
  if (list.length === 0) throw invalid(path, `${path} must have at least 1 item`);
  return list.map((part, index) =>
    readPart(readFields(part, `${path}[${index}]`), `${path}[${index}]`, rules),
  );
}

function readPart(part: Fields, path: string, { types, count }: ContentRules): MessagePart {
  const type = readText(part.type, `${path}.type`);
  if (refused.some((one) => one === type))
    throw new OpenAiError(
      'unsupported_value',
      `${path}.type ${JSON.stringify(type)} is not supported`,
      `${path}.type`,
    );
  if (!types.some((one) => one === type)) throw oneOfWords(`${path}.type`, types);
  if (type === 'refusal') return { type: 'text', text: readText(part.refusal, `${path}.refusal`) };
  if (texts.some((one) => one === type)) return { type: 'text', text: readText(part.text, `${path}.text`) };
  count.add(path);
  return type === 'image_url' ? readImageOfChat(part, path) : readImage(part, path);
}

function readImageOfChat(part: Fields, path: string): MessagePart {
  const at = `${path}.image_url`;
  if (typeof part.image_url === 'string') return toImage(part.image_url, undefined, at);
  const image = readFields(part.image_url, at);
  return toImage(readText(image.url, `${at}.url`), image.detail, `${at}.url`);
}

function readImage(part: Fields, path: string): MessagePart {
  if (typeof part.file_id === 'string')
    throw new OpenAiError(
      'unsupported_value',
      `${path}.file_id is not supported: give image_url`,
      `${path}.file_id`,
    );
  return toImage(readText(part.image_url, `${path}.image_url`), part.detail, `${path}.image_url`);
}

function toImage(url: string, detail: unknown, path: string): MessagePart {
  checkImageAddress(url, path);
  const given = optionalText(detail, path.replace(/(image_)?url$/, 'detail'));
  if (given === undefined) return { type: 'image', url };
  return {
    type: 'image',
    url,
    detail: readWord(given, path.replace(/(image_)?url$/, 'detail'), imageDetails),
  };
}
