/** A thousand turns at once against a budget, which is of a key. */
import { testBudgetOf } from './budget-of-answers.ts';

testBudgetOf('key');
