/** Images in the messages of requests. */
import { invalid } from '../../domain/errors.ts';

/** Images of one request, and the bytes of one, at most. */
const maxImages = 20;
const maxImageBytes = 5 * 1024 * 1024;
const dataUrl = /^data:image\/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/]*={0,2})$/;

/** Counts the images of one request. */
export class ImageCount {
  #count = 0;

  /** @throws AppError invalid_request */
  add(path: string): void {
    this.#count += 1;
    if (this.#count > maxImages) throw invalid(path, `${path}: a request has at most ${maxImages} images`);
  }
}

/** An address that the model's provider fetches, or an image itself. @throws AppError invalid_request */
export function checkImageAddress(url: string, path: string): void {
  const [, data] = dataUrl.exec(url) ?? [];
  if (data === undefined && !(url.startsWith('https://') && URL.canParse(url)))
    throw invalid(
      path,
      `${path} must be an https: address, or a data: address of a png, jpeg, gif or webp image in base64`,
    );
  if (data !== undefined && (data.length * 3) / 4 > maxImageBytes)
    throw invalid(path, `${path} must be an image of at most ${maxImageBytes / 2 ** 20} MiB`);
}
