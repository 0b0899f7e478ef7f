/** Controls that the widget has none of: what is imported from here, and its styles, costs its visitors nothing. */
export { Combobox, type ComboboxProps } from './combobox.tsx';
export type { Option } from './options.ts';
export { type Tab, Tabs, type TabsProps } from './tabs.tsx';
