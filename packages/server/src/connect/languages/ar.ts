import type { Messages, ProblemNames } from './types.ts'

const theApp = ({ app }: ProblemNames) => app ?? 'الخدمة'
const sender = ({ project }: ProblemNames) => project ?? 'الجهة التي أرسلتك إلى هنا'
const askForLink = (names: ProblemNames) => `اطلب رابطًا جديدًا من ${sender(names)}.`

const rules = new Intl.PluralRules('ar')
const numbers = new Intl.NumberFormat('ar')

/** Arabic has six forms; one, two and the two kinds of many differ in these texts. */
function counted(count: number, forms: { one: string; two: string; few: string; many: string }): string {
  const rule = rules.select(count)
  if (rule === 'one') return forms.one
  if (rule === 'two') return forms.two
  return `${numbers.format(count)} ${rule === 'few' ? forms.few : forms.many}`
}

const apps = (count: number) => counted(count, { one: 'تطبيق واحد', two: 'تطبيقان', few: 'تطبيقات', many: 'تطبيقًا' })

export const arabic: Messages = {
  lang: 'ar',
  dir: 'rtl',

  connectTitle: (app) => `ربط ${app}`,
  connectLead: (project, app) => `يطلب ${project} استخدام حسابك في ${app}.`,
  connectingFor: 'الربط لصالح',
  connectingForHint: (project) => `الاسم الذي يعرفك به ${project}.`,
  notYouCancel: 'لست أنت؟ ألغِ العملية.',
  notYouLeave: 'لست أنت؟ غادر هذه الصفحة.',
  notMe: 'هذا ليس أنا',
  permissions: (app) => `ما سيُسمح به في ${app}`,
  optionalPermissions: 'يمكنك استبعاد هذه الأذونات',
  morePermissions: (count) =>
    `المزيد: ${counted(count, { one: 'إذن واحد', two: 'إذنان', few: 'أذونات', many: 'إذنًا' })}`,
  keeper: (host, project) => `يُحفظ وصولك مشفَّرًا على ${host} ولا يستخدمه سوى ${project}.`,
  privacy: (project) => `سياسة الخصوصية لدى ${project}`,
  nextStep: (app) => `بعد ذلك سيطلب منك ${app} تسجيل الدخول والموافقة.`,
  alreadyStarted: (app) => `سبق أن انتقلت إلى ${app}. المتابعة تبدأ من جديد؛ أكمل في علامة التبويب هذه.`,
  continueTo: (app) => `المتابعة إلى ${app}`,
  connectWithKey: (app) => `ربط ${app}`,
  cancel: 'إلغاء',
  busy: 'لحظة من فضلك…',
  worksFor: (duration) => `يبقى هذا الرابط صالحًا لمدة ${duration}.`,
  providerTrouble: (app) => `واجه ${app} مشكلات مؤخرًا. إن لم ينجح الأمر الآن، فحاول مرة أخرى بعد قليل.`,

  reconnectTitle: (app) => `إعادة ربط ${app}`,
  reconnectWhy: {
    ended: ({ app, project }) => `لم يعد ${app} يمنح ${project} الوصول إلى حسابك. سجّل الدخول مرة أخرى للمتابعة.`,
    refused: ({ app, project }) => `لم يعد ${app} يقبل الوصول الذي كان لدى ${project}. أعد الربط للمتابعة.`,
    other: ({ app, project }) => `يطلب منك ${project} تجديد وصوله إلى حسابك في ${app}.`,
  },
  reconnectAccount: 'الحساب المراد إعادة ربطه',
  reconnectSame: 'استخدم هذا الحساب نفسه، فأي حساب آخر سيُرفض.',

  otherDevice: 'المتابعة على جهاز آخر',
  otherDeviceText: 'امسح الرمز بكاميرا هاتفك. ستعرف هذه الصفحة متى تنتهي.',
  otherDeviceCode: 'رمز QR لهذا الرابط',

  typedCode: {
    instead: 'استخدام رمز بدلاً من ذلك',
    title: (app) => `اكتب هذا الرمز في ${app}`,
    text: (app) => `افتح هذا العنوان على أي جهاز، وسجّل الدخول إلى ${app} هناك، واكتب الرمز.`,
    code: 'رمزك',
    waiting: 'ستتابع هذه الصفحة تلقائيًا عندما تنتهي.',
  },

  simulatedTitle: 'وضع الاختبار',
  simulatedText: (app) => `هذه محاكاة. لا يجري الاتصال بـ ${app ?? 'الخدمة الحقيقية'} ولا يُستخدم أي حساب حقيقي.`,

  pickTitle: 'اختر ما تريد ربطه',
  pickLead: (project) => `يعمل ${project} مع هذه التطبيقات. يمكنك ربط واحد منها بهذا الرابط.`,
  pickList: 'التطبيقات',
  otherApps: 'اختيار تطبيق آخر',
  schemes: {
    OAUTH2: 'تسجيل الدخول',
    OAUTH1: 'تسجيل الدخول',
    API_KEY: 'مفتاح API',
    BEARER_TOKEN: 'رمز وصول',
    BASIC: 'اسم المستخدم وكلمة المرور',
    BASIC_WITH_JWT: 'اسم المستخدم وكلمة المرور',
    GOOGLE_SERVICE_ACCOUNT: 'ملف مفتاح حساب الخدمة',
    SERVICE_ACCOUNT: 'مفتاح حساب الخدمة',
    S2S_OAUTH2: 'معرّف العميل وسرّه',
    NO_AUTH: 'لا شيء يلزم ملؤه',
  },
  nothingToPick: 'لا يوجد ما يمكن ربطه حاليًا.',
  search: 'البحث في التطبيقات',
  searchButton: 'بحث',
  allCategories: 'الكل',
  category: 'الفئة',
  noMatch: (query) => `لا يوجد تطبيق يطابق «${query}».`,
  found: (shown, total) => (shown === total ? apps(total) : `${numbers.format(shown)} من أصل ${apps(total)}`),
  showMore: 'عرض المزيد',
  categories: {
    ai: 'الذكاء الاصطناعي',
    'developer-tools': 'أدوات المطورين',
    marketing: 'التسويق',
    crm: 'إدارة العملاء',
    social: 'التواصل الاجتماعي',
    communication: 'الاتصالات',
    email: 'البريد الإلكتروني',
    data: 'البيانات',
    hr: 'الموارد البشرية',
    analytics: 'التحليلات',
    media: 'الوسائط',
    documents: 'المستندات',
    'project-management': 'إدارة المشاريع',
    support: 'الدعم',
    payments: 'المدفوعات',
    'e-commerce': 'التجارة الإلكترونية',
    video: 'الفيديو',
    design: 'التصميم',
    surveys: 'الاستبيانات',
    accounting: 'المحاسبة',
    database: 'قواعد البيانات',
    sales: 'المبيعات',
    security: 'الأمان',
    storage: 'التخزين',
    finance: 'المالية',
    productivity: 'الإنتاجية',
    calendar: 'التقويم',
  },

  labels: {
    'API key': 'مفتاح API',
    'API token': 'رمز API',
    'Access token': 'رمز الوصول',
    'Personal access token': 'رمز الوصول الشخصي',
    'Account subdomain': 'النطاق الفرعي للحساب',
    Subdomain: 'النطاق الفرعي',
    'API host': 'مضيف API',
    'Server host name': 'اسم مضيف الخادم',
    'Data center': 'مركز البيانات',
    Tenant: 'المستأجر',
    Region: 'المنطقة',
    'Client ID': 'معرّف العميل',
    'Client secret': 'سر العميل',
    'Account ID': 'معرّف الحساب',
    'Account email': 'بريد الحساب',
    Email: 'البريد الإلكتروني',
    'User name': 'اسم المستخدم',
    Username: 'اسم المستخدم',
    Password: 'كلمة المرور',
    'Secret key': 'المفتاح السري',
    'Private key': 'المفتاح الخاص',
    'Site name': 'اسم الموقع',
    'Shop name': 'اسم المتجر',
  },
  optional: 'اختياري',
  example: 'مثال:',
  choose: 'اختر…',
  whereToFind: (label) => `أين تجده: ${label}`,
  newWindow: 'يُفتح في علامة تبويب جديدة',
  show: 'إظهار',
  hide: 'إخفاء',
  showField: (label) => `إظهار ${label}`,
  hideField: (label) => `إخفاء ${label}`,
  secretNotKept: 'حفاظًا على أمانك لم تحتفظ الصفحة بهذه القيمة. أدخلها مرة أخرى.',
  shortened: (value) => `اختُصر إلى ${value}`,
  errorPrefix: 'خطأ',
  errorSummary: (count) => `يلزم تصحيح ${counted(count, { one: 'أمر واحد', two: 'أمرين', few: 'أمور', many: 'أمرًا' })}`,
  fieldErrors: {
    required: 'يُرجى ملء هذا الحقل.',
    choose: 'يُرجى الاختيار من القائمة.',
    tooLong: 'القيمة طويلة جدًا.',
    invisible: 'تحتوي القيمة على سطر جديد أو حرف غير مرئي. انسخها مرة أخرى.',
    wrongForm: (example) => (example === null ? 'الصيغة غير صحيحة.' : `الصيغة غير صحيحة. مثال: ${example}`),
    refused: (app) => `لا يقبل ${app} هذه القيمة. تأكد من أنها كاملة ولا تزال صالحة.`,
  },

  finishing: 'أوشكنا على الانتهاء',
  finishingText: 'وصلت موافقتك. بقيت خطوة واحدة؛ إن لم يحدث شيء فاستخدم الزر.',
  finish: 'إتمام الربط',

  connectedTitle: (app) => `تم ربط ${app}`,
  connectedLead: (project, app) => `يمكن الآن لـ ${project} استخدام هذا الحساب في ${app}.`,
  connectedAccount: 'الحساب المرتبط',
  unverified: (app) => `تعذّر الوصول إلى ${app} للتحقق. سيُجرَّب عند أول استخدام.`,
  closeWindow: (project) => `يمكنك إغلاق هذه النافذة والعودة إلى ${project}.`,
  fewerTitle: (app) => `تم ربط ${app} بأذونات أقل`,
  fewerText: (project) => `لم يُمنح كل ما طلبه ${project}، لذا قد لا تعمل بعض الأشياء. الناقص:`,
  giveMissing: 'منح الأذونات الناقصة',

  backTo: (project) => `العودة إلى ${project}`,
  tryAgain: 'المحاولة مرة أخرى',
  switchAccount: 'استخدام حساب آخر',
  openAgain: 'فتح الصفحة مرة أخرى',
  reference: 'المرجع',
  pageTitle: (title, project) => (project ? `${title} · ${project}` : title),

  problems: {
    cancelled: (names) => ({
      title: 'لم يتم الربط',
      text: 'لقد ألغيت العملية، فلم تتم مشاركة أي شيء.',
      next: `إن غيّرت رأيك: ${askForLink(names)}`,
    }),
    not_you: (names) => ({
      title: 'شكرًا لأنك أخبرتنا',
      text: 'هذا الرابط مخصص لشخص آخر، فلم يُربط أي حساب.',
      next: names.project
        ? `أغلق هذه النافذة وسجّل الدخول إلى ${names.project} باسمك قبل ربط أي حساب.`
        : 'أغلق هذه النافذة.',
    }),
    denied: (names) => ({
      title: 'لم يُمنح الوصول',
      text: `أفاد ${theApp(names)} بأن الوصول قد رُفض، فلم يُربط أي حساب.`,
      next: `لم يكن هذا ما أردته؟ ${askForLink(names)}`,
    }),
    wrong_account: (names) => ({
      title: 'هذا حساب آخر',
      text: `سجّلت الدخول إلى ${theApp(names)} بحساب غير الحساب السابق، فلم يتغيّر شيء.`,
      next: `${askForLink(names)} ثم سجّل الدخول بالحساب الذي استخدمته أول مرة.`,
    }),
    wrong_browser: (names) => ({
      title: 'هذا متصفح آخر',
      text: 'حتى لا تختلط الحسابات، يجب أن ينتهي الربط في المتصفح الذي بدأ فيه.',
      next: `${askForLink(names)} ثم ابقَ في المتصفح نفسه حتى النهاية.`,
    }),
    already_connected: (names) => ({
      title: 'الربط قائم بالفعل',
      text: `أدّى هذا الرابط مهمته: تم ربط ${theApp(names)}.`,
      next: 'يمكنك إغلاق هذه النافذة.',
    }),
    link_used: (names) => ({
      title: 'استُخدم هذا الرابط من قبل',
      text: 'يعمل رابط الربط مرة واحدة، وقد استُخدم هذا الرابط.',
      next: `للربط من جديد: ${askForLink(names)}`,
    }),
    link_expired: (names) => ({
      title: 'انتهت صلاحية هذا الرابط',
      text: 'تعمل هذه الروابط لوقت قصير فقط، وقد انقضى وقت هذا الرابط.',
      next: askForLink(names),
    }),
    unknown_link: (names) => ({
      title: 'هذا الرابط غير معروف هنا',
      text: 'ربما اقتُطع عند النسخ أو حُذف لاحقًا.',
      next: `تأكد من نسخه كاملًا. وإلا: ${askForLink(names)}`,
    }),
    unknown_option: () => ({
      title: 'هذا التطبيق ليس ضمن هذا الرابط',
      text: 'يعرض الرابط تطبيقات أخرى.',
      next: 'اختر أحد التطبيقات المعروضة.',
    }),
    provider_down: (names) => ({
      title: `لا يستجيب ${theApp(names)}`,
      text: `تعذّر الوصول إلى ${theApp(names)} أو لم يردّ ردًا سليمًا، فلم يُربط أي حساب.`,
      next: `انتظر بضع دقائق. ${askForLink(names)}`,
    }),
    failed: (names) => ({
      title: 'لم ينجح الربط',
      text: `لم يكتمل التواصل مع ${theApp(names)}، فلم يُربط أي حساب.`,
      next: `أبلغ ${sender(names)} بالمرجع أدناه لمعرفة ما حدث.`,
    }),
    switched_off: (names) => ({
      title: `لا يمكن ربط ${theApp(names)} الآن`,
      text: 'هذا الربط متوقف حاليًا، فلم يُربط أي حساب.',
      next: `اسأل ${sender(names)} متى سيكون متاحًا.`,
    }),
    foreign_request: () => ({
      title: 'أكّد على الصفحة نفسها',
      text: 'جاء هذا الطلب من موقع آخر، فلم يُنفَّذ شيء.',
      next: 'افتح صفحة الربط واضغط الزر هناك.',
    }),
    too_many: () => ({
      title: 'محاولات كثيرة جدًا',
      text: 'تجاوز عدد المحاولات الحد المسموح به في وقت قصير.',
      next: 'انتظر دقيقة ثم حاول مرة أخرى.',
    }),
    too_large: () => ({
      title: 'القيمة طويلة جدًا',
      text: 'ما أُرسل أكبر بكثير مما تتسع له هذه الحقول.',
      next: 'ارجع وأدخل قيمًا أقصر.',
    }),
    internal: (names) => ({
      title: 'حدث خطأ هنا',
      text: 'الخطأ منا وليس منك، وقد سُجّل.',
      next: `حاول مرة أخرى بعد لحظات. إن تكرر ذلك فأبلغ ${sender(names)} بالمرجع أدناه.`,
    }),
  },
}
