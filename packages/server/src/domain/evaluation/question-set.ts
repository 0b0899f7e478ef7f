/** Sets of saved questions, which versions of personas are tried with. */

/** Sets of an organization at most. */
export const maxQuestionSets = 100;
/** Questions of a set at most. */
export const maxQuestions = 200;
/** Messages of a question at most: what the user says, turn by turn. */
export const maxQuestionTurns = 5;
/** Code points of all questions of a set together, at most. */
export const maxQuestionSetCharacters = 500_000;
