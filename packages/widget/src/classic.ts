/**
 * `widget.iife.js`: a classic script, for tag managers that write no modules. It loads `widget.js`, which finds this tag;
 * what a page calls of ConverZen's widget meanwhile is kept for it.
 */
import { keepCalls } from './compat/waiting-calls.ts';

(() => {
  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement)) throw new Error('widget.iife.js is loaded by a script tag');
  if (script.dataset.compat === 'converzen') keepCalls(window);
  void import(new URL('widget.js', script.src).href);
})();
