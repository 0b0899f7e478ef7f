/** The first third of the hostile PDFs, each of which takes some seconds. */
import { testHostilePdfs } from './hostile-pdf-research.ts';

testHostilePdfs(0);
