/** What a failed start tells the operator. */

export interface StartFailure {
  /** One sentence that names a file or a variable and says what to do. */
  readonly sentence: string;
  /** 78 where somebody must change something first, 1 where another try may succeed. */
  readonly exitCode: 1 | 78;
}
