/** PDFs that are made to exhaust whatever reads them. Each holds one page of `firstWords` where it says nothing else. */
import { constants, deflateRawSync, deflateSync } from 'node:zlib';

export const firstWords = 'The first words of this file.';

type Objects = Readonly<Record<number, string | Buffer>>;

const shown = `BT /F1 12 Tf 50 700 Td (${firstWords}) Tj ET`;
const font = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>';
const resources = '/Font<</F1 9 0 R>>';

function stream(data: string | Buffer, entries = ''): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([
    Buffer.from(`<<${entries}/Length ${bytes.length}>>stream\n`),
    bytes,
    Buffer.from('\nendstream'),
  ]);
}

const deflated = (data: string | Buffer, entries = '') =>
  stream(deflateSync(data), `/Filter/FlateDecode${entries}`);

/** A zlib stream of so many bytes of blanks, made of one compressed piece again and again. */
function blanks(bytes: number): Buffer {
  const piece = 2 ** 20;
  const block = deflateRawSync(Buffer.alloc(piece, 0x20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const blocks = Array.from({ length: Math.ceil(bytes / piece) }, () => block);
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...blocks, Buffer.from([3, 0, 0, 0, 0, 1])]);
}

const page = (more = resources) =>
  `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<${more}>>>>`;

function fileOf(objects: Objects): Buffer {
  const parts = [Buffer.from('%PDF-1.7\n')];
  let length = 9;
  const offsets = new Map<number, number>();
  for (const [number, body] of Object.entries(objects)) {
    const part = Buffer.concat([
      Buffer.from(`${number} 0 obj\n`),
      Buffer.from(body),
      Buffer.from('\nendobj\n'),
    ]);
    offsets.set(Number(number), length);
    length += part.length;
    parts.push(part);
  }
  const size = Math.max(...offsets.keys()) + 1;
  const lines = Array.from({ length: size }, (_, number) =>
    offsets.has(number)
      ? `${String(offsets.get(number)).padStart(10, '0')} 00000 n \n`
      : '0000000000 65535 f \n',
  );
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n${lines.join('')}trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

/** One page with this content; `more` replaces or adds objects. */
const onePage = (content: Buffer, more: Objects = {}, pageResources = resources) =>
  fileOf({
    1: '<</Type/Catalog/Pages 2 0 R>>',
    2: '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    3: page(pageResources),
    4: content,
    9: font,
    ...more,
  });

const withObject = (kind: 'XObject' | 'Font', object: string | Buffer, show: string, more: Objects = {}) =>
  onePage(
    stream(`${show} ${shown}`),
    { 7: object, ...more },
    kind === 'Font' ? '/Font<</F1 9 0 R/F2 7 0 R>>' : `${resources}/XObject<</X 7 0 R>>`,
  );

const image = (filter: string) =>
  withObject(
    'XObject',
    stream(
      Buffer.alloc(1_000, 1),
      `/Type/XObject/Subtype/Image/Width 65000/Height 65000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/${filter}`,
    ),
    '/X Do',
  );

const wideFont = (entries: string) =>
  `<</Type/Font/Subtype/Type0/BaseFont/X/DescendantFonts[6 0 R]${entries}>>`;
const cidFont =
  '<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>';

/** The catalog lies in a compressed object stream, which an index finds that is a stream too. */
function objectStreamBomb(): Buffer {
  const head = '1 0 <</Type/Catalog/Pages 2 0 R>>';
  const bomb = Buffer.concat([
    deflateRawSync(head, { finishFlush: constants.Z_FULL_FLUSH }),
    blanks(6e8).subarray(2),
  ]);
  const parts = {
    2: '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    3: page(),
    4: stream(shown),
    8: stream(
      Buffer.concat([Buffer.from([0x78, 0x9c]), bomb]),
      '/Type/ObjStm/N 1/First 4/Filter/FlateDecode',
    ),
    9: font,
  };
  const file = fileOf({ 1: 'null', ...parts });
  const offsetOf = (number: number) => file.indexOf(`\n${number} 0 obj`) + 1;
  const index = Buffer.alloc(10 * 7);
  for (const number of Object.keys(parts).map(Number)) {
    index.writeUInt8(1, number * 7);
    index.writeUInt32BE(offsetOf(number), number * 7 + 1);
  }
  index.writeUInt8(2, 7);
  index.writeUInt32BE(8, 8);
  return Buffer.concat([
    file,
    Buffer.from('10 0 obj\n'),
    stream(index, '/Type/XRef/W[1 4 2]/Size 10/Root 1 0 R'),
    Buffer.from(`\nendobj\nstartxref\n${file.length}\n%%EOF\n`),
  ]);
}

/** 600 KB that are 600 MB, for which pdf.js takes 1.3 GB. */
export const pdfBomb = (): Buffer => onePage(stream(blanks(6e8), '/Filter/FlateDecode'));

export const hostilePdfs: Readonly<Record<string, () => Buffer>> = {
  'one inflated stream': pdfBomb,
  'a stream inflated twice': () =>
    onePage(stream(deflateSync(blanks(1.3e9)), '/Filter[/FlateDecode/FlateDecode]')),
  'an object stream that inflates': objectStreamBomb,
  'an index that inflates': () =>
    Buffer.concat([
      Buffer.from('%PDF-1.7\n1 0 obj\n'),
      stream(blanks(6e8), '/Filter/FlateDecode/Type/XRef/W[1 2 1]/Size 150000000/Root 2 0 R'),
      Buffer.from('\nendobj\nstartxref\n9\n%%EOF\n'),
    ]),
  'a long run of bytes': () =>
    onePage(stream(Buffer.alloc(7_000_000, Buffer.from([129, 0x20])), '/Filter/RunLengthDecode')),
  'a predictor of wide rows': () =>
    onePage(
      stream(
        blanks(1e7),
        '/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1000000000/Colors 32/BitsPerComponent 16>>',
      ),
    ),
  'millions of words': () => onePage(deflated('BT /F1 12 Tf (word word) Tj ET\n'.repeat(2_000_000))),
  'one long word': () => onePage(deflated(`BT /F1 12 Tf (${'a'.repeat(1e8)}) Tj ET`)),
  'millions of saved states': () => onePage(deflated('q '.repeat(1e7))),
  'arrays in one another': () => onePage(deflated('['.repeat(2e6))),
  'pages that hold themselves': () =>
    onePage(stream(shown), {
      2: '<</Type/Pages/Kids[2 0 R 3 0 R]/Count 1000>>',
      3: '<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 500>>',
    }),
  'a page that is its own grandparent': () =>
    onePage(stream(shown), { 2: '<</Type/Pages/Parent 3 0 R/Kids[3 0 R]/Count 1>>' }),
  'a deep tree of pages': () => {
    const depth = 30_000;
    const nodes = Array.from({ length: depth }, (_, index): [number, string] => [
      10 + index,
      `<</Type/Pages/Count 1/Kids[${11 + index} 0 R]>>`,
    ]);
    return onePage(stream(shown), {
      ...Object.fromEntries(nodes),
      1: '<</Type/Catalog/Pages 10 0 R>>',
      [10 + depth]: page(),
    });
  },
  'more pages than there are': () =>
    onePage(stream(shown), { 2: '<</Type/Pages/Kids[3 0 R]/Count 2000000000>>' }),
  '100,000 pages': () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => 10 + index);
    const kids = numbers.map((number) => `${number} 0 R`).join(' ');
    return onePage(stream(shown), {
      2: `<</Type/Pages/Count 100000/Resources<<${resources}>>/MediaBox[0 0 9 9]/Kids[${kids}]>>`,
      ...Object.fromEntries(numbers.map((number) => [number, '<</Type/Page/Parent 2 0 R/Contents 4 0 R>>'])),
    });
  },
  'a stream that is asked for 200,000 times': () =>
    onePage(Buffer.from(`[${'5 0 R '.repeat(200_000)}]`), { 5: stream(blanks(1e6), '/Filter/FlateDecode') }),
  'forms that double 30 times': () => {
    const forms = Array.from({ length: 30 }, (_, index): [number, Buffer] => [
      20 + index,
      stream(
        `/X Do /X Do ${shown}`,
        `/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<${resources}/XObject<</X ${21 + index} 0 R>>>>`,
      ),
    ]);
    return withObject('XObject', forms[0]?.[1] ?? '', '/X Do', {
      ...Object.fromEntries(forms),
      50: stream('q Q', '/Type/XObject/Subtype/Form/BBox[0 0 9 9]'),
    });
  },
  'a map of 2 billion characters': () => {
    const ranges = `100 beginbfrange\n${'<0000> <ffff> <00410042>\n'.repeat(100)}endbfrange\n`.repeat(300);
    return withObject('Font', wideFont('/Encoding/Identity-H/ToUnicode 5 0 R'), 'BT /F2 12 Tf (ab) Tj ET', {
      5: deflated(`begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n${ranges}endcmap`),
      6: cidFont,
    });
  },
  'a range of 2 billion characters': () =>
    withObject('Font', wideFont('/Encoding 5 0 R'), 'BT /F2 12 Tf (ab) Tj ET', {
      5: deflated(
        'begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange 1 begincidrange <00000000> <7fffffff> 0 endcidrange endcmap',
        '/Type/CMap/CMapName/X',
      ),
      6: cidFont,
    }),
  'a font that inflates': () =>
    withObject(
      'Font',
      '<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 0/LastChar 255/FontDescriptor 6 0 R>>',
      'BT /F2 12 Tf (ab) Tj ET',
      {
        5: stream(blanks(6e8), '/Filter/FlateDecode'),
        6: '<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 5 0 R>>',
      },
    ),
  'a picture in JBIG2': () => image('JBIG2Decode'),
  'a picture in JPEG 2000': () => image('JPXDecode'),
  'no index and millions of objects': () => Buffer.from(`%PDF-1.7\n${'1 0 obj '.repeat(900_000)}`),
};
