/** A thousand turns at once against a budget, which is of an organization. */
import { testBudgetOf } from './budget-of-answers.ts';

testBudgetOf('organization');
