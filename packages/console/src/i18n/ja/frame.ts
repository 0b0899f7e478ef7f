/** Signing in, what stands around the views, and their shared parts, in Japanese. */
import { formatNumber } from '../format.ts';
import type { Part } from '../texts.ts';

export const access: Part<'access'> = {
  signIn: 'サインイン',
  signInWith: (label) => `${label} でサインイン`,
  or: 'または',
  signInByPasskey: 'パスキーでサインイン',
  passkeyProblems: {
    cancelled:
      'パスキーは使用されませんでした。このブラウザーにこのアドレス用のパスキーがないか、操作が取り消された可能性があります。',
    known: 'このアカウントには、この端末のパスキーがすでにあります。',
    failed: 'ブラウザーで実行できませんでした。',
  },
  passkeyObstacles: {
    no_host_name: () =>
      'ブラウザーはホスト名に対してのみパスキーを使えます。このマシンでは「localhost」のように、名前でサーバーを開いてください。',
    insecure: () => 'ブラウザーは HTTPS またはこのマシン上でのみパスキーを使えます。',
    off: () => 'このサーバーではパスキーが無効になっています。',
    elsewhere: (origin) => `パスキーは ${origin} で使えます。`,
    no_browser: () => 'このブラウザーはパスキーに対応していません。',
  },
  email: 'メールアドレス',
  password: 'パスワード',
  newPassword: '新しいパスワード',
  passwordHint: '12～128 文字。記号よりもいくつかの単語のほうが覚えやすくなります。',
  passwordShort: 'パスワードは 12 文字以上必要です。',
  repeat: '同じパスワードをもう一度',
  repeatDiffers: '2 つのパスワードが一致しません。',
  name: 'お名前',
  noAccount: 'アカウントがない場合は、管理者に招待リンクを依頼してください。',
  noneYet:
    'まだ誰もアカウントを持っていません。サーバーは起動時に最初のアカウント用のリンクを表示します。そのリンクを開いてください。',
  forgotten:
    'パスワードを忘れた場合は、管理者にリンクを依頼するか、サーバーで「colloquy sign-in-link <email>」を実行してください。',
  setup: 'Colloquy のセットアップ',
  setupText: '最初のアカウントはサーバー全体を管理し、最初の組織の所有者になります。',
  setupAction: 'アカウントを作成',
  link: 'ようこそ',
  linkText: 'このリンクは一度だけ使えます。今後のサインインに使うパスワードを決めてください。',
  linkKnown:
    'すでにアカウントがあります。そのパスワードを入力するか、先にサインインしてからリンクをもう一度開いてください。',
  goOn: '続ける',
  linkAction: 'パスワードを設定してサインイン',
  linkGone: 'リンクは使用済みか、期限切れです。新しいリンクを依頼してください。',
  toSignIn: 'サインインへ',
  insecure:
    'この接続は暗号化されていません。入力内容を途中で読み取られるおそれがあります。HTTPS を使ってください。',
  signInErrors: {
    denied: 'サインインが行われませんでした。',
    expired: '時間がかかりすぎたか、別のブラウザーで開始されました。最初からやり直してください。',
    no_account: 'まだ招待されていません。管理者にお問い合わせください。',
    limited: '試行回数が多すぎます。1 分お待ちください。',
    failed: 'サインインに失敗しました。原因はサーバーのログで運用者が確認できます。',
  },
  asking: '少々お待ちください',
  failed: 'サーバーはサインインしている人を確認できませんでした',
};

export const api: Part<'api'> = {
  unreachable: 'サーバーに接続できませんでした。',
  answered: (status) => `サーバーが ${status} を返しました。`,
};

export const creators: Part<'creators'> = {
  operator: '運用者',
  anonymous: 'キーのない利用者',
  key: (name) => `キー ${name}`,
  user: (name) => `エンドユーザー ${name}`,
  gone: 'すでに存在しない人',
  unknown: '不明',
};

export const limits: Part<'limits'> = {
  none: '制限なし',
  usedOf: (used, limit) => `${used} / ${limit}`,
  hint: '空欄は制限なしです。',
  names: {
    requests_per_minute: '1 分あたりのリクエスト',
    writes_per_minute: '1 分あたりの書き込み',
    tokens_per_minute: '1 分あたりのトークン',
    tokens_per_day: '1 日あたりのトークン',
    concurrent_streams: '同時の回答',
    viewers: '開いているストリーム',
    queued_turns: '待機中のメッセージ',
    budget_per_month: '1 か月あたりの費用',
    storage_bytes: '保存バイト数',
  },
};

export const parts: Part<'parts'> = {
  optional: '（任意）',
  copy: 'コピー',
  copied: 'コピーしました',
  copyFailed: 'ブラウザーがコピーを許可しませんでした',
  close: '閉じる',
  cancel: 'キャンセル',
  save: '保存',
  discard: '破棄',
  tryAgain: '再試行',
  loading: '読み込み中',
  failed: '読み込めませんでした',
  code: (code) => `コード ${code}`,
  request: (id) => `リクエスト ${id}`,
  copyRequest: 'リクエスト ID をコピー',
  retryIn: (seconds) => `${formatNumber(seconds)} 秒後に再試行できます。`,
  typeName: (name) => `確認のため「${name}」と入力してください`,
  more: 'さらに表示',
  pages: '一覧のページ',
  firstPage: '最初のページ',
  nextPage: '次のページ',
  actions: 'その他の操作',
  unsaved: '保存されていない変更があります。保存せずに移動しますか？',
  missing: '必須項目です。',
  number: '数値を入力してください。',
  least: (bound) => `${bound} 以上にしてください。`,
  most: (bound) => `${bound} 以下にしてください。`,
  short: (bound) => `${bound} 文字以上にしてください。`,
  long: (bound) => `${bound} 文字以下にしてください。`,
  form: (example) => (example === undefined ? '形式が違います。' : `形式が違います。例: ${example}`),
  entries: (bound) => `${bound} 行以下にしてください。`,
  perLine: '1 行に 1 件。',
  zone: (name) => `タイムゾーン: ${name}`,
  filter: '絞り込み',
  none: '–',
  comma: '、',
};

export const shell: Part<'shell'> = {
  skip: '本文へ移動',
  navigation: '画面',
  more: 'その他',
  organization: '組織',
  environment: '環境',
  prod: '本番',
  test: 'テスト',
  testNotice: 'テスト環境のデータを表示しています。',
  insecure: 'この接続は暗号化されていません。入力内容をネットワーク上で読み取られるおそれがあります。',
  account: 'アカウント',
  operator: '運用者',
  theme: 'テーマ',
  themes: { system: 'システムに合わせる', light: 'ライト', dark: 'ダーク' },
  signOut: 'サインアウト',
  documentation: 'API ドキュメント',
  search: '検索',
  palette: '移動または検索',
  palettePlaceholder: '画面、ペルソナ、モデル、会話中の語句',
  nothingFound: '何も見つかりませんでした。',
  groups: { views: '画面', personas: 'ペルソナ', models: 'モデル', conversations: '会話' },
  shortcuts: 'キーボードショートカット',
  shortcut: {
    palette: '移動または検索',
    help: 'このショートカット一覧',
    goTo: (view) => `${view}へ移動`,
    close: '開いているものを閉じる',
  },
  afterwards: '続けて',
  home: '最初の画面へ',
  notFound: 'このアドレスには何もありません',
  notFoundText: '別の組織のアドレスか、そこにあったものがなくなった可能性があります。',
  notMember: (name) => `${name} のメンバーではありません`,
  notMemberText:
    '運用者としてこの組織を管理していますが、会話できるのはメンバーだけです。自分を招待するか、所属する組織でチャットしてください。',
  chatIn: (name) => `${name} でチャット`,
  invite: 'メンバーを招待',
  noOrganization: 'まだどの組織にも所属していません',
  noOrganizationText: '組織の所有者または管理者に招待リンクを依頼してください。',
  viewFailed: 'コンソールのこの部分を読み込めませんでした',
  viewFailedText: 'このページを開いた後にサーバーが更新された可能性があります。',
  reload: 'ページを再読み込み',
};

export const views: Part<'views'> = {
  chat: 'チャット',
  conversations: '会話',
  personas: 'ペルソナ',
  models: 'モデル',
  keys: 'キー',
  usage: '使用状況',
  members: 'メンバー',
  settings: '設定',
  health: '稼働状況',
};
