"""Words and phrases with which people ask for a human, by language (hub.words.lists tells how they are written)."""

PHRASES = """
en: (talk|speak|chat) (to|with) (a|your|the)
  (human|person|agent|representative|rep|operator|manager|supervisor|advisor|colleague)
en: (talk|speak|chat) (to|with) an (agent|operator|advisor|employee)
en: (talk|speak|chat) (to|with) (someone|somebody|customer service|customer support|customer care|support|your
  team|your staff)
en: (connect|transfer|put|forward) me (to|with|through to|over to) (a human|a person|an agent|someone|somebody|a
  representative|an operator|support)
en: (want|need|prefer|get me|give me|get|send me) a (human|representative)
en: (contact|call|reach|get|want|need|give me|get me) (customer service|customer support|customer care)
en: human (please|pls|plz|now|agent|operator|support|help|assistance|customer service|customer
  support|representative|advisor)
en: (to|with|want|need|prefer|get me|give me) (a|an) (real|live|actual) (human|person|agent|operator|representative)
en: (real|actual|live) (human|person) (please|pls|now); live (agent|operator|representative); real (people|agent)
en: customer (service|support|care) (agent|representative|rep|person|please)
en: is there (a|any) (human|person); any human; a human (to|help|answer|reply|respond|call|contact|here)
en: no (bot|bots|robot|robots) (please|)
es: (hablar|hablo|hable|comunicarme|comunícame|comuníqueme|contactar|chatear|pásame|páseme) con (una persona|una
  persona real|un humano|un ser humano|un agente|un asesor|una asesora|un operador|una operadora|un representante|un
  encargado|alguien|atención al cliente|servicio al cliente|soporte)
es: (quiero|necesito|deseo) (un humano|una persona real|un agente|un asesor|una asesora|un operador|atención humana)
es: agente humano; operador humano; asesor humano; persona real; atención humana; servicio al cliente humano
pt: (falar|conversar) com (um humano|um ser humano|uma pessoa|uma pessoa real|um atendente|uma atendente|atendente|um
  agente|um operador|um representante|um consultor|alguém|o atendimento|o suporte|o gerente)
pt: (quero|preciso de) (um humano|uma pessoa real|um atendente|uma atendente|atendimento humano)
pt: atendente humano; atendimento humano; agente humano; pessoa real; pessoa de verdade
fr: parler (à|avec) (un humain|un être humain|une personne|une vraie personne|quelqu'un|un agent|un conseiller|une
  conseillère|un opérateur|un responsable|un représentant|un employé|service client|le service client|votre service
  client)
fr: (je veux|je voudrais|besoin d'|passez-moi|donnez-moi) (un humain|un être humain|un conseiller|une vraie personne);
  besoin d'un (humain|conseiller)
fr: agent humain; conseiller humain; vraie personne; personne réelle; service client humain
de: mit (einem menschen|einem echten menschen|einer person|einer echten person|einem mitarbeiter|einer
  mitarbeiterin|jemandem|einem berater|einer beraterin|dem kundenservice|dem kundendienst|dem support|einem kollegen)
  (sprechen|reden|schreiben|chatten|verbinden|telefonieren|verbunden)
de: echter mensch; echten menschen; echte person; echten mitarbeiter; menschlicher
  (mitarbeiter|ansprechpartner|berater|support|kundenservice); menschlichen (mitarbeiter|ansprechpartner|berater);
  einen menschen (sprechen|bitte)
it: (parlare|parlo|chattare) con (una persona|una persona reale|un umano|un essere umano|un operatore|un'operatrice|un
  agente|un addetto|un consulente|qualcuno|l'assistenza|il servizio clienti)
it: (voglio|vorrei) un (operatore|umano); operatore umano; persona reale; persona vera; agente umano; assistenza
  umana; servizio clienti umano
nl: (een mens|een echt mens|een persoon|een echt persoon|een medewerker|iemand|de klantenservice)
  (spreken|praten|chatten); echt mens; echt persoon; echte persoon; echte medewerker; menselijke medewerker
pl: (porozmawiać|rozmawiać|połączyć|połącz|połącz mnie|połączcie mnie|skontaktować się|pogadać) z (człowiekiem|żywym
  człowiekiem|konsultantem|pracownikiem|osobą|prawdziwą osobą|kimś|operatorem|doradcą|obsługą klienta)
pl: żywy człowiek; prawdziwy człowiek; prawdziwa osoba
ru: (поговорить|говорить|связаться|свяжите|свяжите меня|соедините|соедините меня|соединить|пообщаться|общаться) (с|со)
  (человеком|живым человеком|реальным
  человеком|оператором|менеджером|консультантом|сотрудником|специалистом|поддержкой|службой поддержки)
ru: (переключите|переключите меня|переведите|переведите меня) на (человека|живого
  человека|оператора|менеджера|консультанта|специалиста); позовите (человека|живого человека|оператора|менеджера);
  нужен (человек|живой человек|оператор|менеджер); хочу (оператора|живого человека)
ru: живой человек; живого человека; живым человеком; реальный человек; реального человека; живой оператор
uk: (поговорити|говорити|зв'язатися|зв'яжіть|зв'яжіть мене|з'єднайте|з'єднайте мене|спілкуватися) (з|із|зі)
  (людиною|живою людиною|реальною людиною|оператором|менеджером|консультантом|працівником|фахівцем|підтримкою)
uk: жива людина; живу людину; живою людиною; реальна людина; потрібен (оператор|менеджер); покличте
  (оператора|людину|менеджера)
tr: (insanla|bir insanla|gerçek bir insanla|gerçek insanla|gerçek bir kişiyle|biriyle|bir kişiyle|yetkiliyle|bir
  yetkiliyle|yetkili ile|bir yetkili ile|temsilciyle|bir temsilciyle|temsilci ile|operatörle|canlı biriyle)
  (konuş|görüş)*
tr: gerçek insan*; gerçek kişi*; canlı destek*; müşteri temsilcisi*; (insana|temsilciye|yetkiliye|operatöre|birine)
  bağla*
ar: (التحدث|اتحدث|أتكلم|التكلم|التواصل|اتواصل|احكي|الكلام) (مع|إلى) (شخص|موظف|إنسان|بشر|أحد|مندوب|ممثل|ممثل خدمة
  العملاء|خدمة العملاء|مسؤول|المدير); (اكلم|أكلم) (موظف|شخص|إنسان|حد|أحد|خدمة العملاء)
ar: (حولني|حولوني|وصلني|وصلوني) (إلى|على) (موظف|شخص|إنسان|خدمة العملاء|مندوب);
  (أريد|اريد|أحتاج|ابغى|ابي|بدي|عايز|عاوز) (موظف|موظفا|إنسان|شخص حقيقي|خدمة العملاء|مندوب)
ar: موظف بشري~; موظف حقيقي~; شخص حقيقي~; إنسان حقيقي~; خدمة عملاء بشرية~; خدمة العملاء البشرية~; وكيل بشري~; دعم بشري~
he: (לדבר|לשוחח|דבר) עם (נציג|נציגה|אדם|בן אדם|בנאדם|מישהו|שירות לקוחות|מנהל); נציג אנושי~; בן אדם אמיתי~; אדם אמיתי~;
  נציג שירות~; שירות לקוחות אנושי~; (תעבירו|תעביר|העבירו) אותי לנציג; (צריך|צריכה|רוצה) נציג
fa: با (یک |)(انسان|اپراتور|کارشناس|پشتیبان|پشتیبانی|آدم واقعی|شخص واقعی|انسان واقعی) (صحبت|حرف|گفتگو)*; صحبت با
  (انسان|اپراتور|کارشناس|پشتیبان|یک نفر); اپراتور انسانی; پشتیبان انسانی; پشتیبانی انسانی; آدم واقعی; شخص واقعی; انسان
  واقعی; به اپراتور وصل*
ur: (انسان|کسی انسان|اصلی انسان|نمائندے|نمائندہ|ایجنٹ|آپریٹر|کسٹمر سروس|مینیجر) سے (بات|رابطہ)*; انسانی نمائندہ;
  انسانی ایجنٹ; اصلی انسان
hi: (इंसान|किसी इंसान|असली इंसान|व्यक्ति|किसी व्यक्ति|आदमी|किसी आदमी|एजेंट|प्रतिनिधि|ऑपरेटर|मैनेजर|किसी|मानव|ग्राहक
  सेवा|कस्टमर केयर) से बात*; मानव (ग्राहक सेवा|एजेंट|सहायता|प्रतिनिधि|ऑपरेटर|सेवा)*; मानवीय सहायता*; असली इंसान*; असली
  व्यक्ति*
hi: (insan|kisi insan|agent|kisi|customer care|manager|operator|kisi aadmi) se baat*; asli insan
mr: (माणसाशी|खऱ्या माणसाशी|व्यक्तीशी|प्रतिनिधीशी|एजंटशी) बोल*; मानवी (एजंट|प्रतिनिधी|मदत)*
bn: (মানুষের|একজন মানুষের|কোনো মানুষের|আসল মানুষের|এজেন্টের|প্রতিনিধির|অপারেটরের|কারো|কারও) (সাথে|সঙ্গে) কথা*; মানব
  (এজেন্ট|প্রতিনিধি|গ্রাহক সেবা)*; আসল মানুষ*
ta: (மனிதரிடம்|மனிதருடன்|முகவரிடம்|முகவருடன்|ஒருவரிடம்) பேச*; மனித முகவர்*; உண்மையான நபர்*
te: (మనిషితో|ఏజెంట్‌తో|ప్రతినిధితో|వ్యక్తితో) మాట్లాడ*; మానవ ఏజెంట్*; నిజమైన వ్యక్తి*
hy: (մարդու|իրական մարդու|կենդանի մարդու|օպերատորի|մենեջերի|աշխատակցի|մասնագետի|ինչ-որ մեկի) հետ (խոս|կապ|զրուց|շփվ)*;
  իրական մարդ*; կենդանի մարդ*; (կապեք|միացրեք|կապեք ինձ|միացրեք ինձ) (օպերատոր|մարդու)*; (մարդկային|կենդանի)
  (սպասարկում|օպերատոր)*; հաճախորդների սպասարկման (մասնագետ|աշխատակից|օպերատոր)*
ka: (ადამიანთან|რეალურ ადამიანთან|ცოცხალ ადამიანთან|ოპერატორთან|კონსულტანტთან|მენეჯერთან)
  (საუბ|დალაპარაკ|ლაპარაკ|დაკავშირ|დამაკავშირ)*; დამაკავშირეთ (ოპერატორთან|ადამიანთან); ცოცხალი ადამიანი; რეალური
  ადამიანი
el: (μιλήσω|να μιλήσω|επικοινωνήσω|συνομιλήσω) με (άνθρωπο|έναν άνθρωπο|πραγματικό άνθρωπο|εκπρόσωπο|έναν
  εκπρόσωπο|υπάλληλο|έναν υπάλληλο|κάποιον|την εξυπηρέτηση); πραγματικό άνθρωπο; αληθινό άνθρωπο; ανθρώπινη
  εξυπηρέτηση; σύνδεση με εκπρόσωπο
ro: (vorbesc|vorbi|discut|discuta|conectați-mă|legătura) cu (un om|o persoană|o persoană reală|un operator|un agent|un
  consultant|cineva|un reprezentant|serviciul clienți); operator uman; agent uman; persoană reală
hu: (emberrel|egy emberrel|élő emberrel|ügyintézővel|egy
  ügyintézővel|ügyfélszolgálattal|operátorral|valakivel|munkatárssal) (szeretnék |akarok |)beszél*; élő ember*; valódi
  ember*; élő ügyintéző*; kérek egy ügyintézőt
cs: (mluvit|hovořit|spojit|promluvit si|promluvit|spojte mě) (s|se) (člověkem|živým člověkem|skutečným
  člověkem|operátorem|pracovníkem|někým|zákaznickou podporou); živý člověk; živý operátor; živého člověka; skutečný
  člověk
sk: (hovoriť|rozprávať sa|porozprávať sa|spojiť|spojte ma) (s|so) (človekom|živým človekom|skutočným
  človekom|operátorom|pracovníkom|niekým|zákazníckou podporou); živý človek; živý operátor; živého človeka
bg: (да говоря|говоря|искам да говоря|свържете ме|да се свържа) (с|със) (човек|жив човек|истински
  човек|оператор|служител|консултант|някого); жив човек; истински човек; жив оператор
sr: (razgovaram|razgovarati|pričam|pričati|povežite me|da pričam) (sa|s) (čovekom|čovjekom|osobom|živom osobom|pravom
  osobom|operaterom|agentom|nekim|zaposlenim); živa osoba; prava osoba; (разговарам|причам|повежите ме) са
  (човеком|особом|оператером|агентом|неким)
sv: (prata|tala|chatta|snacka) med (en människa|en riktig människa|en person|en riktig person|någon|kundtjänst|en
  medarbetare|en handläggare); riktig människa; riktig person; mänsklig (agent|support|kundtjänst)
da: (tale|snakke|chatte) med (et menneske|et rigtigt menneske|en person|en rigtig person|nogen|kundeservice|en
  medarbejder); rigtigt menneske; rigtig person; menneskelig (medarbejder|kundeservice)
no: (snakke|prate|chatte) med (et menneske|et ekte menneske|en person|en ekte person|noen|kundeservice|en
  medarbeider|en kundebehandler); ekte menneske; ekte person
fi: (ihmisen|oikean ihmisen|asiakaspalvelijan|jonkun|henkilön|oikean henkilön) kanssa; (puhua|keskustella|jutella)
  (ihmiselle|asiakaspalvelijalle); oikea ihminen; oikean ihmisen; haluan asiakaspalvelijan
id: (bicara|berbicara|ngobrol|chat) (dengan|sama) (manusia|orang|orang asli|orang sungguhan|cs|agen|customer
  service|admin|operator|petugas|seseorang); (hubungkan|sambungkan) (saya |)(dengan|ke)
  (cs|agen|admin|manusia|operator|customer service|petugas); agen manusia; layanan pelanggan manusia; customer service
  manusia; cs manusia
ms: (cakap|bercakap|berbual) dengan (manusia|orang|orang sebenar|ejen|wakil|seseorang|staf|khidmat
  pelanggan|operator); ejen manusia; orang sebenar; khidmat pelanggan manusia
tl: (makausap|kausapin|kausap) (ang |ng |)(tao|isang tao|totoong tao|agent|ahente|isang ahente|representative|customer
  service); makipag-usap sa (tao|isang tao|totoong tao|ahente|agent); totoong tao
sw: (kuzungumza|kuongea|zungumza|ongea) na (mtu|mtu halisi|binadamu|wakala|mhudumu|mtoa huduma|huduma kwa wateja); mtu
  halisi; mhudumu binadamu
vi: (nói chuyện|trò chuyện|chat|liên hệ|kết nối) (với |)(người thật|nhân viên|con người|tư vấn viên|tổng đài viên|chăm
  sóc khách hàng|cskh); nói chuyện với người; gặp (người thật|nhân viên|tư vấn viên|tổng đài viên|cskh); người thật;
  nhân viên (thật|tư vấn|hỗ trợ)
th: (คุย|พูด|พูดคุย|สนทนา)กับ(คน|คนจริง|มนุษย์|เจ้าหน้าที่|พนักงาน|แอดมิน); ติดต่อ(เจ้าหน้าที่|พนักงาน|แอดมิน); ขอสายเจ้าหน้าที่;
  เจ้าหน้าที่ที่เป็นคน; เจ้าหน้าที่ที่เป็นมนุษย์; พนักงานที่เป็นคน
lo: (ລົມ|ເວົ້າ|ໂອ້ລົມ)ກັບ(ຄົນ|ພະນັກງານ|ເຈົ້າໜ້າທີ່)
km: (និយាយ|ជជែក)ជាមួយ(មនុស្ស|បុគ្គលិក|ភ្នាក់ងារ)
my: (လူနဲ့|လူနှင့်|ဝန်ထမ်းနဲ့|ဝန်ထမ်းနှင့်)( |)(ပြော|စကားပြော)
zh: (人工|真人|专人|專人)(客服|服务|服務|坐席|座席); (转|轉|转接|轉接|接|找|要)(人工|真人|客服);
  (联系|聯繫|联络|聯絡|叫|跟|和|找你们|找你們|找你们的)客服; (和|跟|与|與)(真人|人工|人说话|人說話|人聊);
  真人(对话|對話|回复|回覆)
ja: (人間|人|オペレーター|オペレータ|担当者|担当の方|スタッフ)と(話し|話せ|話す|お話);
  (オペレーター|オペレータ|担当者|人間|スタッフ)(につない|に繋|に代わ|に替わ|をお願い|を出して|希望);
  有人(対応|チャット|サポート|窓口); 人間の(オペレーター|オペレータ|担当|サポート|スタッフ|カスタマー); 生身の人
ko: (상담원|상담사|직원|고객센터|사람) (연결|바꿔|불러)*; (상담원|사람|직원)(과|이랑|하고)
  (대화|얘기|이야기|통화|상담|말하|연결)*; 상담사(와|랑|하고) (대화|얘기|이야기|통화|상담|말하|연결)*;
  (진짜|실제|인간) (사람|상담원|상담사|직원)*
kk: (адаммен|тірі адаммен|оператормен|менеджермен|қызметкермен) (сөйлес|байланыс)*; тірі адам*
az: (insanla|real insanla|canlı insanla|operatorla|əməkdaşla|menecerlə) (danış|əlaqə)*; canlı operator; real insan
"""
"""Whoever says one of these wants a person."""

ALONE = """
en: human; a human; human being; agent; an agent; live agent; live chat; operator; representative; rep; advisor; real
  person; customer service; customer support; customer care; support agent; help desk
es: humano; un humano; agente; un agente; operador; operadora; asesor; asesora; representante; atención al cliente;
  servicio al cliente
pt: humano; atendente; atendimento; atendimento ao cliente; operador; suporte
fr: humain; un humain; agent; conseiller; conseillère; opérateur; service client
de: mensch; ein mensch; mitarbeiter; berater; kundenservice; kundendienst; kundenbetreuung
it: umano; operatore; un operatore; assistenza clienti; servizio clienti
nl: mens; een mens; medewerker; klantenservice
pl: człowiek; konsultant; obsługa klienta; biuro obsługi klienta
ru: человек; живой человек; оператор; оператора; менеджер; консультант; поддержка; служба поддержки
uk: людина; оператор; оператора; менеджер; підтримка; служба підтримки
tr: insan; temsilci; yetkili; operatör; müşteri hizmetleri; müşteri temsilcisi
ar: إنسان; بشري; موظف; موظفة; مندوب; خدمة العملاء; خدمه الزبائن; ممثل خدمة العملاء
he: אנושי; נציג; נציגה; נציג שירות; שירות לקוחות
fa: انسان; اپراتور; پشتیبان; پشتیبانی; کارشناس
ur: انسان; نمائندہ; ایجنٹ; کسٹمر سروس
hi: मानव; इंसान; एजेंट; प्रतिनिधि; ऑपरेटर; ग्राहक सेवा; कस्टमर केयर; insan
mr: माणूस; प्रतिनिधी; ग्राहक सेवा
bn: মানুষ; মানব; এজেন্ট; প্রতিনিধি; গ্রাহক সেবা
ta: மனிதர்; மனிதன்; முகவர்; வாடிக்கையாளர் சேவை
te: మనిషి; మానవుడు; ఏజెంట్; కస్టమర్ సర్వీస్
hy: մարդ; օպերատոր; մենեջեր; աշխատակից; հաճախորդների սպասարկում
ka: ადამიანი; ოპერატორი; კონსულტანტი
el: άνθρωπος; άνθρωπο; εκπρόσωπος; εκπρόσωπο; εξυπηρέτηση πελατών
ro: operator uman; serviciul clienți; serviciu clienți; consultant
hu: ember; ügyintéző; ügyfélszolgálat; operátor
cs: člověk; operátor; zákaznická podpora; zákaznický servis
sk: človek; operátor; zákaznícka podpora
bg: човек; служител; обслужване на клиенти
sr: čovek; čovjek; operater; korisnička podrška; човек; оператер
sv: människa; kundtjänst; medarbetare
da: menneske; kundeservice; medarbejder
no: menneske; kundeservice; kundebehandler
fi: ihminen; asiakaspalvelu; asiakaspalvelija
id: manusia; cs; admin; layanan pelanggan
ms: manusia; ejen; khidmat pelanggan
tl: ahente
sw: binadamu; mhudumu; huduma kwa wateja
vi: con người; nhân viên; tư vấn viên; tổng đài viên; chăm sóc khách hàng; cskh
th: มนุษย์; เจ้าหน้าที่; พนักงาน; แอดมิน; ฝ่ายบริการลูกค้า
lo: ພະນັກງານ; ເຈົ້າໜ້າທີ່
km: មនុស្ស; បុគ្គលិក
my: ဝန်ထမ်း
zh: 人工; 真人; 客服
ja: 人間; オペレーター; オペレータ; 担当者; 有人
ko: 사람; 인간; 상담원; 상담사; 직원; 고객센터
kk: адам; оператор
az: insan; operator; müştəri xidmətləri
"""
"""Words that have other uses too: they count as the whole message."""

NOT = """
en: (are|r) (you|u) (a |)(real |live |actual |)(human|person|agent|operator|representative); (is|was) (this|it|that) a
  (real|live|actual) (human|person|agent)
en: (don't|do not|dont|no need to|do i need to|do i have to|am i) (want to |need to |have to |wanna
  |)(talk|speak|chat|talking|speaking|chatting) (to|with)
en: (don't|do not|dont) (want|need) a (human|real|live|representative); not a real (person|human); should i
  (contact|call) customer
en: human (support|help|assistance) (is|was|are) (great|good|not needed)
es: (eres|es usted|es) (una persona|un humano|un agente); no (quiero|necesito|deseo) (hablar con |)(una persona|un
  humano|un agente|un asesor)
pt: (você é|vc é|é) (uma pessoa|um humano|um atendente)
fr: (êtes-vous|es-tu|tu es|vous êtes|c'est) (une vraie|une personne|un humain|un agent|un conseiller)
de: (bist du|sind sie) (ein|eine) (echter|echte|mensch|menschlicher); (nicht|keinen) (mit einem
  |)(menschen|mitarbeiter) (sprechen|reden)
it: (sei|siete) (una persona|un umano|un operatore)
nl: (ben je|bent u|ben jij) een (echt|echte|mens|menselijke)
pl: jesteś (żywym|prawdziwym|człowiekiem); (czy to|to) (żywy|prawdziwy) człowiek
ru: (ты|вы|это) (живой|реальный) (человек|оператор); не (нужен|хочу|надо) (человек|оператор|оператора|менеджер|живой
  человек|говорить с)
uk: (ти|ви|це) (жива|реальна) людина
tr: gerçek (insan|kişi) (mısın|mısınız|mı|misin|misiniz|mi); gerçek (insan|kişi) mi*
ar: (أنت|انت|انتم) (شخص|إنسان|موظف|بشر)
he: אתה (אדם|בן אדם|נציג)
hi: (आप|तुम|तू) (असली|मानव|इंसान|एजेंट); (किसी|इंसान|किसी इंसान|एजेंट) से बात नहीं
hy: (դու|դուք) (իրական|կենդանի)
id: (kamu|anda) (orang|manusia|agen)
vi: (bạn|anh|chị|em) là (người thật|nhân viên)
zh: 人工智能; 人工智慧; 不(用|要|需要|想)(人工|真人|转人工|轉人工|找客服|找人工);
  是(不是|)(真人|人工)(吗|嗎|还是|還是|客服|)
ja: (あなたは|これは)(人間|有人)
ko: (사람|상담원|직원)(이에요|이세요|인가요|이야|입니까)*; (진짜|실제)
  (사람|상담원)(이에요|이세요|인가요|이야|입니까|인지)*
"""
"""Phrases that contain one of PHRASES and do not ask for a person."""
