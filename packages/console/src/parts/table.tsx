/** Lists as tables; on narrow screens each row is a card. */
import type { ComponentChildren, JSX } from 'preact';
import { Button } from './controls.tsx';
import { partStrings } from './strings.ts';
import styles from './table.module.css';

export interface Column<Row> {
  /** Empty: of a column of buttons. */
  readonly title: string;
  readonly show: (row: Row) => ComponentChildren;
  /** `end`: figures. */
  readonly align?: 'start' | 'end';
  /** The one that names the row. */
  readonly isMain?: boolean;
}

export interface TableProps<Row> {
  /** What is listed. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Absent: everything is shown. */
  readonly onMore?: (() => void) | undefined;
  readonly isLoadingMore?: boolean;
  /** False: it stays a table and scrolls on narrow screens. Default true. */
  readonly hasCards?: boolean;
}

/** Characters; a longer title may be cut off. */
const longTitle = 24;

export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { label, columns, rows, keyOf, onMore, isLoadingMore = false, hasCards = true } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section class={styles.scroll} data-cards={hasCards || undefined} aria-label={label} tabIndex={0}>
      <table class={styles.table}>
        <thead>
          <tr>
            {columns.map(({ title, align }) =>
              title === '' ? (
                <td key={title} />
              ) : (
                <th key={title} scope="col" data-align={align}>
                  <div title={title.length > longTitle ? title : undefined}>{title}</div>
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, show, align, isMain }) => (
                <td
                  key={title}
                  data-align={align}
                  data-main={isMain || undefined}
                  data-label={isMain || title === '' ? undefined : title}
                  class={isMain ? styles.main : undefined}
                >
                  <div>{show(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {onMore && (
        <div class={styles.more}>
          <Button onClick={onMore} isBusy={isLoadingMore}>
            {partStrings().more}
          </Button>
        </div>
      )}
    </section>
  );
}
