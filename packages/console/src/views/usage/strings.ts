/** The words of the usage report. */
import { catalogue } from '../../i18n/catalogue.ts';
import { plural } from '../../i18n/format.ts';

export const usageStrings = catalogue('usage', {
  title: 'Usage',
  range: 'Period',
  ranges: {
    day: 'The last 24 hours',
    week: 'The last 7 days',
    month: 'The last 30 days',
    quarter: 'The last 90 days',
    year: 'The last 12 months',
  },
  interval: 'A bar for each',
  intervals: { hour: 'Hour', day: 'Day', month: 'Month' },
  group: 'By',
  groups: {
    model: 'Model',
    persona: 'Persona',
    key: 'Key',
    user: 'End user',
    purpose: 'Purpose',
    environment: 'Environment',
  },
  key: 'Key',
  allKeys: 'All',
  measure: 'Shown',
  measures: { requests: 'Requests', tokens: 'Tokens', cost: 'Cost', errors: 'Errors' },
  csv: 'Download as CSV',
  emptyTitle: 'Nothing was used in this period',
  empty: 'Requests, tokens and cost stand here as soon as a model has been asked.',
  compared: (change: string) => `${change} against the period before`,
  nothingBefore: 'nothing in the period before',
  same: 'as in the period before',
  tokensIn: 'Tokens in',
  tokensOut: 'Tokens out',
  requests: 'Requests',
  errors: 'Errors',
  cost: 'Cost',
  firstToken: 'To the first token, p50 / p95',
  duration: 'In all, p50 / p95',
  unpriced: (count: number) =>
    `The cost is without ${plural(count, 'call', 'calls')} of models that have no prices.`,
  origin: (reported: string, estimated: string, unknown: string) =>
    `Tokens: ${reported} reported by providers, ${estimated} estimated, ${unknown} unknown.`,
  zones: (zone: string) =>
    `Hours are those of ${zone}. Days and months are those of UTC, as limits and budgets count them.`,
  none: '(none)',
  others: 'Others',
  plot: (measure: string, interval: string, group: string) => `${measure} by ${interval} and ${group}`,
  plotHint: 'A click on a bar shows its conversations. The same figures stand in the table below.',
  inTime: 'Over time',
  total: 'In all',
  budgets: 'Budget of the organization',
  budgetsOf: (key: string) => `Budget of the key ${key}`,
  renewed: (name: string, share: string, time: string, ago: string) =>
    `${name}: ${share} is used. It begins anew on ${time} (${ago}).`,
  budgetsCount:
    'What is used includes what running answers may still use, and is that of prod keys, test keys and members together. Months and days are those of UTC.',
  keyBudgetsCount:
    'What is used includes what running answers may still use. Months and days are those of UTC. The budget of the organization holds besides.',
  limitLine: (name: string, limit: string) => `${name}: at most ${limit}`,
  limitShare: (name: string, limit: string) => `${name}: an even share of ${limit}`,
  beyondPlot: (name: string) => `${name} (above what is shown)`,
  ofBudget: 'Of the budget',
  when: 'When',
});
