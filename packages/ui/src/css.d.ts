/** A stylesheet whose classes esbuild makes local to it (`local-css`): the names as written lead to the names as built. */
declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  export default classes;
}
