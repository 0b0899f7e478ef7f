/** Every stylesheet of the console and of its components (`bundle.js`). */
declare module 'colloquy:styles';

declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
