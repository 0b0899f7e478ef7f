/** The body of the administration with that title (`bundle.js`); an unknown title fails the build. */
declare module 'colloquy:form/*' {
  const schema: import('./fields.ts').FormSchema;
  export default schema;
}
