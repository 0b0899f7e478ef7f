/** Counted things in Arabic, which has six forms, and foreign words inside of its sentences. */
import { counted } from '../format.ts';

/** A name, an address or code keeps its own direction, and moves nothing around it. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/**
 * A noun with its number: `zero` of them, one, two, `few` (3 to 10), `many` (11 to 99), and hundreds.
 */
function noun(zero: string, one: string, two: string, few: string, many: string, other: string) {
  return (count: number) =>
    counted(count, { zero, one, two, few: `# ${few}`, many: `# ${many}`, other: `# ${other}` });
}

export const messages = noun('لا رسائل', 'رسالة واحدة', 'رسالتان', 'رسائل', 'رسالة', 'رسالة');
export const questions = noun('لا أسئلة', 'سؤال واحد', 'سؤالان', 'أسئلة', 'سؤالًا', 'سؤال');
export const tokens = noun('لا رموز', 'رمز واحد', 'رمزان', 'رموز', 'رمزًا', 'رمز');
export const sessions = noun('لا جلسات', 'جلسة واحدة', 'جلستين', 'جلسات', 'جلسة', 'جلسة');
export const conversationCount = noun(
  'لا محادثات',
  'محادثة واحدة',
  'محادثتان',
  'محادثات',
  'محادثة',
  'محادثة',
);
export const turns = noun('بلا أدوار', 'دور واحد', 'دورين', 'أدوار', 'دورًا', 'دور');
export const models = noun('لا نماذج', 'نموذج واحد', 'نموذجان', 'نماذج', 'نموذجًا', 'نموذج');
export const members = noun('لا أعضاء', 'عضو واحد', 'عضوان', 'أعضاء', 'عضوًا', 'عضو');
export const keys = noun('لا مفاتيح', 'مفتاح واحد', 'مفتاحان', 'مفاتيح', 'مفتاحًا', 'مفتاح');
export const personas = noun('لا شخصيات', 'شخصية واحدة', 'شخصيتان', 'شخصيات', 'شخصية', 'شخصية');
