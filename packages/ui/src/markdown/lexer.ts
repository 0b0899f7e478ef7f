/** The lexer of these components, for those who load it later than them: another package may find another version of it. */
export { Lexer } from 'marked';
