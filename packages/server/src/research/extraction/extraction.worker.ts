/** The process in which foreign files are parsed. It is ended where a file takes too long or too much memory. */
import robotsParser from 'robots-parser';
import { answerCalls } from '../../concurrency/worker-calls.ts';
import { charsetOf, decodeText } from './charset.ts';
import type { ExtractionCall, PageJob, RobotsJob } from './extraction-jobs.ts';
import { type PageText, readHtml } from './html-text.ts';
import { readPdf } from './pdf-text.ts';
import { stripInvisible } from './visible-text.ts';

answerCalls((call: ExtractionCall) => (call.kind === 'page' ? readPage(call.job) : isAllowed(call.job)));

async function readPage({ format, bytes, contentType, maxLength }: PageJob): Promise<PageText> {
  const page = format === 'pdf' ? await readPdf(bytes, maxLength) : readMarkup();
  return { title: page.title, text: page.text.slice(0, maxLength).toWellFormed() };

  function readMarkup(): PageText {
    if (isBinary(bytes)) throw new Error('its content type is text, but its content is binary');
    const text = decodeText(bytes, charsetOf(contentType));
    return format === 'html' ? readHtml(text) : { title: '', text: stripInvisible(text).trim() };
  }
}

/** Text holds no NUL byte, except in UTF-16, which then starts with its byte order mark. */
function isBinary(bytes: Uint8Array): boolean {
  const isMarked = (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe);
  return !isMarked && bytes.subarray(0, 4_096).includes(0);
}

/** Applies RFC 9309; an address that no rule of the file matches is allowed. */
function isAllowed({ robotsUrl, text, url, agent }: RobotsJob): boolean {
  return parseRobots(robotsUrl, text).isAllowed(url, agent) ?? true;
}

/** The cast is needed because the package is CommonJS and its type declaration is not. */
function parseRobots(
  robotsUrl: string,
  text: string,
): Pick<ReturnType<typeof robotsParser.default>, 'isAllowed'> {
  return (robotsParser as unknown as typeof robotsParser.default)(robotsUrl, text);
}
