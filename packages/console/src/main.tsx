/** The console's entry. */
import 'colloquy:styles';
import { render } from 'preact';

const place = document.getElementById('console');
if (place !== null) render(<main>Hello</main>, place);
