/** Signing in, what stands around the views, and their shared parts, in Arabic. */
import { counted } from '../format.ts';
import type { Part } from '../texts.ts';
import { isolated } from './counts.ts';

export const access: Part<'access'> = {
  signIn: 'تسجيل الدخول',
  signInWith: (label) => `تسجيل الدخول عبر ${isolated(label)}`,
  or: 'أو',
  signInByPasskey: 'تسجيل الدخول بمفتاح مرور',
  passkeyProblems: {
    cancelled: 'لم يُستخدم أي مفتاح مرور. ربما لا يوجد في هذا المتصفح مفتاح لهذا العنوان، أو أُلغيت العملية.',
    known: 'لدى الحساب مفتاح مرور من هذا الجهاز بالفعل.',
    failed: 'لم يتمكن المتصفح من ذلك.',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'لا تستخدم المتصفحات مفاتيح المرور إلا مع أسماء المضيفين. افتح الخادم باسم، مثل «localhost» على هذا الجهاز.',
    insecure: () => 'لا تستخدم المتصفحات مفاتيح المرور إلا عبر HTTPS، وعلى هذا الجهاز.',
    off: () => 'مفاتيح المرور معطّلة على هذا الخادم.',
    elsewhere: (origin) => `تعمل مفاتيح المرور على ${isolated(origin)}.`,
    no_browser: () => 'لا يدعم هذا المتصفح مفاتيح المرور.',
  },
  email: 'البريد الإلكتروني',
  password: 'كلمة المرور',
  newPassword: 'كلمة مرور جديدة',
  passwordHint: 'من 12 إلى 128 حرفًا. بضع كلمات أسهل تذكرًا من الرموز.',
  passwordShort: 'يجب ألا تقل كلمة المرور عن 12 حرفًا.',
  repeat: 'كلمة المرور نفسها مرة أخرى',
  repeatDiffers: 'كلمتا المرور مختلفتان.',
  name: 'اسمك',
  noAccount: 'ليس لديك حساب؟ يمكن لأحد المشرفين أن يرسل إليك رابط دعوة.',
  noneYet: 'لا يملك أحد حسابًا بعد. يعرض الخادم عند بدء تشغيله رابطًا لأول حساب: افتح ذلك الرابط.',
  forgotten: `هل نسيت كلمة المرور؟ يمكن لأحد المشرفين إنشاء رابط، أو بالأمر ${isolated('colloquy sign-in-link <email>')} على الخادم.`,
  setup: 'إعداد Colloquy',
  setupText: 'يتولى الحساب الأول الخادم كله، ويملك مؤسسته الأولى.',
  setupAction: 'إنشاء الحساب',
  link: 'مرحبًا بك',
  linkText: 'يُستخدم هذا الرابط مرة واحدة. اختر كلمة مرور تسجل الدخول بها من الآن فصاعدًا.',
  linkKnown: 'لديك حساب بالفعل: أدخل كلمة مروره، أو سجّل الدخول أولًا ثم افتح الرابط من جديد.',
  goOn: 'متابعة',
  linkAction: 'تعيين كلمة المرور وتسجيل الدخول',
  linkGone: 'استُخدم الرابط من قبل، أو انتهت صلاحيته. اطلب رابطًا آخر.',
  toSignIn: 'إلى تسجيل الدخول',
  insecure: 'هذا الاتصال غير مشفّر: يمكن لآخرين على الطريق قراءة ما تكتبه. استخدم HTTPS.',
  signInErrors: {
    denied: 'لم تسجّل الدخول هناك.',
    expired: 'استغرق ذلك وقتًا طويلًا، أو بدأ في متصفح آخر. ابدأ من جديد.',
    no_account: 'لم يدعُك أحد بعد. اسأل أحد المشرفين.',
    limited: 'المحاولات كثيرة. انتظر دقيقة.',
    failed: 'لم ينجح تسجيل الدخول هناك. يجد المشغّل السبب في سجل الخادم.',
  },
  asking: 'لحظة من فضلك',
  failed: 'لم يتمكن الخادم من معرفة من سجّل الدخول',
};

export const api: Part<'api'> = {
  unreachable: 'تعذر الوصول إلى الخادم.',
  answered: (status) => `أجاب الخادم بالرمز ${status}.`,
};

export const creators: Part<'creators'> = {
  operator: 'المشغّل',
  anonymous: 'شخص بلا مفتاح',
  key: (name) => `المفتاح ${isolated(name)}`,
  user: (name) => `المستخدم النهائي ${isolated(name)}`,
  gone: 'شخص لم يعد موجودًا',
  unknown: 'غير معروف',
};

export const limits: Part<'limits'> = {
  none: 'بلا حدود',
  usedOf: (used, limit) => `${used} من ${limit}`,
  hint: 'ما يُترك فارغًا لا حد له.',
  names: {
    requests_per_minute: 'الطلبات في الدقيقة',
    writes_per_minute: 'عمليات الكتابة في الدقيقة',
    tokens_per_minute: 'الرموز في الدقيقة',
    tokens_per_day: 'الرموز في اليوم',
    concurrent_streams: 'الإجابات المتزامنة',
    viewers: 'التدفقات المفتوحة',
    queued_turns: 'الرسائل المنتظرة',
    budget_per_month: 'التكلفة في الشهر',
    storage_bytes: 'البايتات المخزّنة',
  },
};

export const parts: Part<'parts'> = {
  optional: '(اختياري)',
  copy: 'نسخ',
  copied: 'تم النسخ',
  copyFailed: 'لم يسمح المتصفح بالنسخ',
  close: 'إغلاق',
  cancel: 'إلغاء',
  save: 'حفظ',
  discard: 'تجاهل',
  tryAgain: 'حاول مرة أخرى',
  loading: 'جارٍ التحميل',
  failed: 'تعذر التحميل',
  code: (code) => `الرمز ${isolated(code)}`,
  request: (id) => `الطلب ${isolated(id)}`,
  copyRequest: 'نسخ معرّف الطلب',
  retryIn: (seconds) =>
    counted(seconds, {
      zero: 'يمكنك المحاولة الآن.',
      one: 'يمكنك المحاولة مرة أخرى بعد ثانية واحدة.',
      two: 'يمكنك المحاولة مرة أخرى بعد ثانيتين.',
      few: 'يمكنك المحاولة مرة أخرى بعد # ثوانٍ.',
      other: 'يمكنك المحاولة مرة أخرى بعد # ثانية.',
    }),
  typeName: (name) => `اكتب «${isolated(name)}» للتأكيد`,
  more: 'عرض المزيد',
  pages: 'صفحات القائمة',
  firstPage: 'الصفحة الأولى',
  nextPage: 'الصفحة التالية',
  actions: 'إجراءات أخرى',
  unsaved: 'هناك تغييرات لم تُحفظ. هل تريد المغادرة بدونها؟',
  missing: 'هذا الحقل مطلوب.',
  number: 'يجب أن يكون هذا رقمًا.',
  least: (bound) => `${bound} على الأقل.`,
  most: (bound) => `${bound} على الأكثر.`,
  short: (bound) => `عدد الأحرف ${bound} على الأقل.`,
  long: (bound) => `عدد الأحرف ${bound} على الأكثر.`,
  form: (example) =>
    example === undefined
      ? 'الصيغة غير صحيحة.'
      : `الصيغة غير صحيحة؛ مثال عليها: ${isolated(String(example))}.`,
  entries: (bound) => `عدد الأسطر ${bound} على الأكثر.`,
  perLine: 'مدخل واحد في كل سطر.',
  zone: (name) => `المنطقة الزمنية: ${isolated(name)}.`,
  filter: 'تصفية',
  none: '–',
  comma: '، ',
};

export const shell: Part<'shell'> = {
  skip: 'الانتقال إلى المحتوى',
  navigation: 'الصفحات',
  more: 'المزيد',
  organization: 'المؤسسة',
  environment: 'البيئة',
  prod: 'الإنتاج',
  test: 'الاختبار',
  testNotice: 'أنت ترى بيانات بيئة الاختبار.',
  insecure: 'هذا الاتصال غير مشفّر: يمكن لآخرين على الشبكة قراءة ما تكتبه.',
  account: 'الحساب',
  operator: 'المشغّل',
  theme: 'المظهر',
  themes: { system: 'مثل النظام', light: 'فاتح', dark: 'داكن' },
  signOut: 'تسجيل الخروج',
  documentation: 'توثيق الواجهة البرمجية',
  search: 'بحث',
  palette: 'انتقال أو بحث',
  palettePlaceholder: 'صفحة أو شخصية أو نموذج أو كلمات من محادثة',
  nothingFound: 'لم يُعثر على شيء.',
  groups: { views: 'الصفحات', personas: 'الشخصيات', models: 'النماذج', conversations: 'المحادثات' },
  shortcuts: 'اختصارات لوحة المفاتيح',
  shortcut: {
    palette: 'انتقال أو بحث',
    help: 'هذه الاختصارات',
    goTo: (view) => `الانتقال إلى ${isolated(view)}`,
    close: 'إغلاق ما هو مفتوح',
  },
  afterwards: 'ثم',
  notFound: 'لا يوجد شيء في هذا العنوان',
  notFoundText: 'ربما كان العنوان لمؤسسة أخرى، أو لم يعد ما كان فيه موجودًا.',
  notMember: (name) => `لست عضوًا في ${isolated(name)}`,
  notMemberText:
    'أنت تديرها بصفتك المشغّل، ولا يُجري المحادثات فيها إلا أعضاؤها. ادعُ نفسك إليها لتدردش، أو دردش في مؤسسة تنتمي إليها.',
  chatIn: (name) => `الدردشة في ${isolated(name)}`,
  invite: 'دعوة عضو',
  noOrganization: 'لا تنتمي إلى أي مؤسسة بعد',
  noOrganizationText: 'يمكن لمالك مؤسسة أو مشرف فيها أن يرسل إليك رابط دعوة.',
  viewFailed: 'تعذر تحميل هذا الجزء من لوحة التحكم',
  viewFailedText: 'ربما حُدّث الخادم منذ فتح هذه الصفحة.',
  reload: 'إعادة تحميل الصفحة',
};

export const views: Part<'views'> = {
  chat: 'الدردشة',
  conversations: 'المحادثات',
  personas: 'الشخصيات',
  models: 'النماذج',
  keys: 'المفاتيح',
  usage: 'الاستخدام',
  members: 'الأعضاء',
  settings: 'الإعدادات',
  health: 'الحالة',
};
