/** A thousand turns at once against a budget, which is of an end user. */
import { testBudgetOf } from './budget-of-answers.ts';

testBudgetOf('end_user');
