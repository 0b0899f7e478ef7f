/** What stands in place of the console while it is being made, and where it could not be made. */

/** The script is answered once the console is there or has failed, so that the page never asks in vain. */
export function waitingPage(basePath: string): string {
  return page(
    'Colloquy',
    `<p role="status">The console is being prepared. This page goes on by itself.</p>
<noscript><p>The console needs JavaScript.</p></noscript>
<script src="${basePath}/console/ready.js"></script>`,
  );
}

export const readyScript = 'location.reload();\n';

export function failurePage(basePath: string, problem: string): string {
  return page(
    'Colloquy: no console',
    `<h1>The console could not be made</h1>
<p>Everything else of this server works. The console is made from its sources when the server starts; this is what stood in the way:</p>
<pre>${escaped(problem)}</pre>
<p><a href="">Try again</a>, or read <a href="${basePath}/docs">the API's documentation</a>.</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
</head>
<body>
${body}
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
