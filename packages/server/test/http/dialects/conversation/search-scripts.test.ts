/** `q=` finds what is there in every script, and nothing that is not; the same on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp } from '../../http-app.ts';

/** A text, queries that find it, and queries that don't. */
type Row = readonly [text: string, hits: readonly string[], misses: readonly string[]];

const table: readonly Row[] = [
  // Latin
  ['Die Größe der Straße in STRAẞBURG', ['grosse', 'GRÖSSE', 'straße', 'strassburg'], ['ros', 'asse']],
  ['Søren drikker øl på Ærø', ['soren', 'øl', 'aero'], ['oel']],
  ['Łódź leży nad Łódką', ['lodz', 'łódź', 'LODKA'], ['dz']],
  ['Đường phố Việt Nam', ['duong', 'viet nam', 'đường', 'Việt'], ['ong']],
  ['Diyarbakır ısı İSTANBUL', ['diyarbakir', 'ISI', 'istanbul', 'İstanbul'], ['bakir']],
  ['un café cre\u0301me', ['cafe', 'crème', 'cre\u0301me'], ['afé']],
  ['ｆｕｌｌ ｗｉｄｔｈ', ['full', 'ｗidth'], ['ull']],
  ['ﬁne oﬀice', ['fine', 'office'], ['ine']],
  ['data\u00adbase and ze\u200bro\u200dwidth', ['database', 'zerowidth', 'zero\u200cwidth'], ['base']],
  ['þorskur og ðæ', ['thorskur', 'dae'], ['orsk']],
  // Greek and Cyrillic
  ['ΟΔΟΣ ΣΟΦΙΑΣ', ['οδος', 'ὁδός', 'σοφία'], ['δος']],
  ['ёлка в лесу', ['елка', 'ЁЛКА', 'е\u0308лк'], ['лка']],
  ['синий трамвай', ['СИНИЙ', 'син\u0438\u0438\u0306', 'трамв'], ['мвай']],
  ['Її ґанок', ['її', 'ґанок'], ['анок']],
  // Arabic, Persian and Hebrew
  ['كِتَابٌ جَدِيد', ['كتاب', 'كِتَاب', 'جديد'], ['تاب']],
  ['مـــرحبا بالعالم', ['مرحبا', 'مرحـبا'], ['رحبا']],
  ['أحمد إلى المدرسة', ['احمد', 'المدرسه', 'المدرسة', 'الي'], ['حمد']],
  ['ﷺ', ['صلى الله عليه وسلم', 'الله'], ['محمد']],
  ['کتاب‌های فارسی', ['كتاب', 'فارسي', 'کتاب'], ['تابها']],
  ['שָׁלוֹם עֲלֵיכֶם', ['שלום', 'עליכם', 'שָׁלוֹם'], ['לום']],
  ['צה״ל הודיע', ['צה״ל', 'צה"ל', 'הודיע'], ['הל']],
  // Indic
  ['हिन्दी में किताबें', ['हिन्दी', 'किताब'], ['ताबें']],
  ['सड़क पर', ['सड़क', 'सडक'], ['ड़क']],
  ['বাংলা ভাষা', ['বাংলা', 'ভাষা'], ['ংলা']],
  ['தமிழ் மொழி', ['தமிழ்', 'மொழி'], ['மிழ்']],
  ['తెలుగు భాష', ['తెలుగు'], ['లుగు']],
  // Without blanks
  ['今天天气很好', ['天气', '今天', '好', '天天', '天气很好'], ['气天', '今好', '很天']],
  ['我喜欢机器学习', ['机器学习', '学习', '机器'], ['器机', '学机']],
  ['昨日サーバーを買いました', ['サーバー', 'サーバ', 'ｻｰﾊﾞｰ', '買い'], ['バーサ', 'サバ']],
  ['ｶﾞﾗｽのﾋﾞｰﾙ', ['ガラス', 'ビール', 'ｶﾞﾗｽ'], ['カラス', 'ビル', 'ヒール']],
  ['人々の時々', ['人々', '時々'], ['々人']],
  [
    'iPhone15を東京で買う',
    ['iphone15', 'iphone', '東京', 'iPhone15を', '東京で'],
    ['phone15', '京東', '東で'],
  ],
  ['학교에서 만나요', ['학교', '학교에서', '만나', '만나요'], ['교학', '서만']],
  ['서울대학교', ['서울', '대학교', '서울대'], ['울서']],
  ['\u1112\u1161\u11ab\u1100\u1173\u11af', ['한글', '한'], ['글한']],
  ['สวัสดีครับยินดีต้อนรับ', ['สวัสดี', 'ยินดี', 'ต้อนรับ'], ['ดีสวัส', 'รับต้อน']],
  ['น้ำดื่ม', ['น้ำ', 'ดื่ม', 'น\u0e49\u0e4d\u0e32'], ['ดื่มน้ำ']],
  ['ສະບາຍດີທຸກຄົນ', ['ສະບາຍດີ', 'ທຸກຄົນ'], ['ດີສະ']],
  ['សួស្តីពិភពលោក', ['សួស្តី', 'ពិភពលោក'], ['លោកពិ']],
  ['မင်္ဂလာပါကမ္ဘာ', ['မင်္ဂလာပါ', 'ကမ္ဘာ'], ['ပါမင်']],
  // Others
  ['საქართველო ᲥᲐᲠᲗᲣᲚᲘ', ['საქართველო', 'ქართული'], ['ართველო']],
  ['Հայաստան', ['հայաստան', 'ՀԱՅԱՍՏԱՆ'], ['աստան']],
  ['ሰላም ለዓለም', ['ሰላም'], ['ላም']],
  ['བོད་ཡིག', ['བོད', 'ཡིག'], ['ིག']],
  ['ᏣᎳᎩ', ['ᏣᎳᎩ', 'ꮳꮃꭹ'], ['ᎳᎩ']],
  ['ދިވެހި', ['ދިވެހި'], ['ވެހި']],
  ['ᠮᠣᠩᠭᠣᠯ', ['ᠮᠣᠩᠭᠣᠯ'], ['ᠣᠩᠭᠣᠯ']],
  // Digits, symbols and emoji
  ['سنة ٢٠٢٦', ['2026', '٢٠٢٦', '२०२६'], ['026']],
  ['x² und ½ und ①', ['x2', '½', '1'], ['22']],
  ['Party 🎉 und ❤️', ['🎉', '❤', '❤\ufe0f', 'party 🎉'], ['🔥']],
  ['👍🏽 👩‍💻', ['👍', '👍🏿', '👩‍💻', '💻'], ['👩‍🔬', '👎']],
  ['🇯🇵🇺🇸', ['🇯🇵', '🇺🇸'], ['🇵🇺', '🇫🇷']],
  ['20 € → ∞', ['€', '→', '∞'], ['£']],
  // What programs and people write
  [
    'const snake_case is kebab-case',
    ['snake_case', 'snake', 'kebab-case', 'case'],
    ['kebab_snake', 'case-kebab'],
  ],
  [
    'write to ada.lovelace@example.org',
    ['ada.lovelace@example.org', 'example.org', 'lovelace'],
    ['org@example'],
  ],
  ['see https://example.com/a/b?c=d', ['https://example.com', 'example.com/a/b', 'c=d'], ['com/example']],
  ['version 3.2.1 at 10.0.0.7', ['3.2.1', 'version 3.2', '10.0.0.7'], ['1.2.3', '7.0.0.10', '2.3']],
  ['Array.prototype.map(fn) don’t', ['prototype.map', 'map(fn)', "don't"], ['map.prototype']],
  ['l’école d’été', ['ecole', 'été', "l'école"], ['cole']],
  ['a\u0301\u0302\u0303 zalgo', ['zalgo', 'a'], ['z']],
];

onBothStores('search in every script', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { organizationId } = app.harness.scope;
  const titles = async (q: string): Promise<readonly string[]> => {
    const query = new URLSearchParams({ org_id: organizationId, q });
    const { status, body } = await app.call(`/api/conversation/list?${query}`, { key: app.prodKey });
    assert.equal(status, 200, q);
    return body.map(({ title }: { readonly title: string }) => title);
  };

  test(`${table.length} texts`, async () => {
    assert.ok(table.length >= 60);
    for (const [text] of table) {
      await app.call('/chats/create', { key: app.prodKey, body: { name: text } });
    }
    const wrong: string[] = [];
    for (const [text, hits, misses] of table) {
      for (const q of hits) if (!(await titles(q)).includes(text)) wrong.push(`${q} does not find ${text}`);
      for (const q of misses) if ((await titles(q)).includes(text)) wrong.push(`${q} finds ${text}`);
    }
    assert.deepEqual(wrong, []);
  });

  test('nothing but marks, blanks and invisible signs finds nothing', async () => {
    for (const q of ['\u0301', '\u200b\u200d', '\ufe0f', '…—!?', '\u0640'])
      assert.deepEqual(await titles(q), [], q);
  });
});
