/** What a page tells about itself with each message: `setContext({ page, product })`. */

/** As the server takes metadata: contract of messages. */
const maxPairs = 16;
const maxKeyLength = 64;
const maxTextLength = 512;

/** @throws TypeError that names what can't be sent; the server would refuse every message with it */
export function checkContext(context: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const pairs = Object.entries(context).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length > maxPairs)
    throw new TypeError(`setContext takes ${maxPairs} pairs at most, and was given ${pairs.length}`);
  return Object.fromEntries(
    pairs.map(([key, value]) => {
      if (key === '' || key.length > maxKeyLength)
        throw new TypeError(
          `setContext: "${key.slice(0, 80)}" is not a name of 1 to ${maxKeyLength} characters`,
        );
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        throw new TypeError(`setContext: ${key} is not a text, a number or a boolean`);
      const text = String(value);
      if (text.length > maxTextLength)
        throw new TypeError(
          `setContext: ${key} has ${text.length} characters, and ${maxTextLength} are allowed`,
        );
      return [key, text];
    }),
  );
}
