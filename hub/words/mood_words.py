"""Words that show a mood, by language (hub.words.lists tells how they are written)."""

ANGRY = """
en: angry; furious; outraged; unacceptable; ridiculous; outrageous; disgusting; disgusted; pathetic; fed up; sick of
  this; terrible service; horrible service; awful service; worst; useless; incompetent; scam; scammer; scammers; rip
  off; ripoff; frauds; you fraud; (are|r|is a|total|such a) fraud; fraud (company|people|team); liars; waste of time;
  waste of money; (what|this is) a joke; what the hell; wtf; bullshit; fuck*; shit; shitty; how dare you; i will
  (sue|report) you; hear from my lawyer; never again
es: enfadado; enfadada; enojado; enojada; furioso; furiosa; indignado; indignada; inaceptable; ridículo; vergüenza;
  vergonzoso; es una estafa; estafadores; ladrones; pésimo; pésima; qué asco; me da asco; harto; harta; inútil;
  inútiles; mentirosos; mierda; voy a denunciar; el colmo
pt: irritado; irritada; furioso; furiosa; indignado; indignada; inaceitável; absurdo; ridículo; vergonha; palhaçada;
  péssimo; péssima; lixo; merda; enganação; ladrões; mentirosos; cansado disso; vou processar; procon; falta de
  respeito
fr: en colère; furieux; furieuse; inacceptable; inadmissible; scandaleux; scandaleuse; ridicule; honteux; une honte;
  c'est une arnaque; arnaqueurs; escroc; escrocs; voleurs; c'est nul; vous êtes nuls; ras le bol; ras-le-bol; j'en ai
  marre; merde; foutage de gueule; on se moque de moi
de: wütend; verärgert; sauer auf; stinksauer; unverschämt; unverschämtheit; frechheit; inakzeptabel; unmöglich so;
  lächerlich; abzocke; betrüger; saftladen; scheiße; scheiss*; katastrophe; reicht's; mir reicht es; eine zumutung;
  anwalt einschalten; nie wieder
it: arrabbiato; arrabbiata; furioso; furiosa; inaccettabile; vergogna; vergognoso; ridicolo; è una truffa; truffatori;
  ladri; schifo; pessimo; pessima; incompetenti; merda; sono stufo; sono stufa; vi denuncio; presa in giro
nl: boos; woedend; onacceptabel; belachelijk; schandalig; oplichters; waardeloos; schande; ik ben het zat; klote;
  nooit meer
pl: wściekły; wściekła; zły na was; skandal; skandaliczne; niedopuszczalne; śmieszne; żenada; żenujące; oszuści;
  złodzieje; beznadziejne; kpina; mam dość; kurwa; tragedia
ru: злой; зла на вас; возмущен; возмущена; возмутительно; безобразие; ужасно; ужасный сервис; отвратительно; кошмар;
  позор; издевательство; издеваетесь; мошенники; обман; обманщики; хамство; достали; надоело; сколько можно; блять;
  хрень; буду жаловаться
uk: злий; обурений; обурена; обурливо; неподобство; жахливо; жахливий сервіс; жах; ганьба; знущання; знущаєтесь;
  шахраї; обман; хамство; дістали; набридло; скільки можна; буду скаржитись
tr: kızgınım; sinirliyim; öfkeliyim; rezalet; rezil; berbat; kabul edilemez; saçmalık; dolandırıcı*; yeter artık;
  bıktım; utanmaz; şikayet edeceğim; sahtekar*; skandal
ar: غاضب; غاضبة; معصب; زعلان; هذا غير مقبول; غير مقبول (كليا|أبدا|بتاتا|إطلاقا); مهزلة; نصابين~; نصابون~; محتالين~;
  حرامية~; لصوص~; سيء جدا; أسوأ; فضيحة~; عيب عليكم; زهقت; طفح الكيل; خدمة سيئة; وقاحة; قلة احترام; كذابين~; كذب
he: כועס; כועסת; עצבני; עצבנית; זועם; לא מתקבל על הדעת; שערורייה; בושה~; חוצפה~; מגוחך; רמאים~; נוכלים~; גנבים~; נמאס
  לי; שירות גרוע; גועל נפש
fa: عصبانی*; عصبانیم; افتضاح; مسخره*; غیر قابل قبول; کلاهبردار*; دزد*; خجالت بکشید; شرم‌آور; خسته شدم از; شکایت
  می‌کنم; دروغگو*; بدترین
ur: غصہ; ناراض; ناقابل قبول; دھوکہ; دھوکے باز; بکواس; شرم کرو; بدترین; تنگ آ گیا; گھٹیا; چور
hi: गुस्सा; नाराज; नाराज़; बकवास; घटिया; धोखा; धोखेबाज*; ठग*; चोर; बेकार; शर्म करो; शर्मनाक; बर्दाश्त नहीं; तंग आ; सबसे
  खराब; बेवकूफ*; bakwas; ghatiya; dhokha; bekar; gussa; fraud hai
bn: রাগ; রেগে; ক্ষুব্ধ; প্রতারক; ঠকবাজ; বাজে সেবা; অগ্রহণযোগ্য; বিরক্ত; লজ্জাজনক; জঘন্য; ফালতু
hy: զայրացած*; բարկացած*; վրդովված*; անընդունելի*; խայտառակ*; ամոթ; զզվելի*; սարսափելի սպասարկում; խաբեբա*;
  խաբեություն*; հոգնել եմ; զզվեցի; գող*
ka: გაბრაზებული; აღშფოთებული; მიუღებელი*; სირცხვილი*; თაღლით*; საშინელება*; უხეშობა
el: θυμωμένος; θυμωμένη; έξαλλος; έξαλλη; απαράδεκτο; απαράδεκτη; απαράδεκτοι; ντροπή; γελοίο; είναι απάτη; απατεώνες;
  αίσχος; κοροϊδία; φτάνει πια
ro: nervos; nervoasă; furios; furioasă; inacceptabil; rușine; ridicol; țeapă; escroci; hoți; bătaie de joc; dezamăgit
  total; m-am săturat
hu: dühös; felháborító; elfogadhatatlan; nevetséges; szégyen; csalók; átverés; pofátlanság; elegem van; botrány
cs: naštvaný; naštvaná; zuřím; nepřijatelné; skandál; ostuda; hanba; podvodníci; zloději; mám toho dost; drzost; hrůza
sv: rasande; förbannad; oacceptabelt; skandal; skamligt; bedragare; löjligt; jävla; uselt
id: marah; kesal; kecewa berat; tidak bisa diterima; penipu; tipu; parah; payah; brengsek; keterlaluan; memalukan;
  sampah; bohong
ms: marah; geram; tak boleh diterima; penipu; teruk; memalukan; melampau; sampah
vi: tức giận; bực mình; bực bội; không thể chấp nhận; (bọn|đồ|quân|toàn|lũ) lừa đảo; tồi tệ; quá tệ; vô trách nhiệm;
  thất vọng quá; bịp bợm; quá đáng; láo
th: โกรธ; โมโห; แย่มาก; ห่วยแตก; ห่วย; โกง; หลอกลวง; ขี้โกง; รับไม่ได้; ทุเรศ; เลวมาก; ไม่พอใจมาก; หัวเสีย; เสียความรู้สึก
zh: 生气; 生氣; 愤怒; 憤怒; 气死; 氣死; 太过分; 太過分; 垃圾; 骗子; 騙子; 坑人; 无法接受; 無法接受; 不能接受; 太差;
  差劲; 差勁; 恶心; 噁心; 投诉你; 投訴你; 我要投诉; 我要投訴; 受够; 受夠; 忍无可忍; 忍無可忍; 什么态度; 什麼態度;
  搞什么; 搞什麼
ja: 怒って; 怒り; 腹が立; 腹立た; 許せない; ふざけるな; ふざけんな; 最悪; 最低; ひどすぎ; 酷すぎ; いい加減にし;
  二度と使わ; 二度と買わ; ありえない; 話にならない; クレーム; むかつく; ムカつく
ko: 화나*; 화가 나*; 짜증*; 열받*; 어이없*; 어이가 없*; 최악*; 사기꾼*; 쓰레기*; 장난하*; 말도 안 되*; 말도 안되*;
  너무하*; 환불해라; 신고할*
"""

THANKS = """
en: thanks; thank you; thank u; thx; tks; thnx; tysm; many thanks; much appreciated; appreciate it; cheers mate
es: gracias; muchas gracias; mil gracias; muy amable
pt: obrigado; obrigada; muito obrigado; muito obrigada; brigado; valeu; agradeço
fr: merci; mercii; merci beaucoup; je vous remercie; je te remercie
de: danke; dankeschön; danke schön; vielen dank; besten dank; herzlichen dank; dank dir; dank ihnen
it: grazie; grazie mille; la ringrazio; ti ringrazio; vi ringrazio
nl: bedankt; dank je; dank u; dankjewel; dank je wel
pl: dziękuję; dziękuje; dzięki; dzieki; dziękujemy; serdecznie dziękuję
ru: спасибо; благодарю; большое спасибо; спс; пасиб; пасибо; благодарим
uk: дякую; дякуємо; спасибі; щиро дякую; вдячна; вдячний
tr: teşekkür*; teşekkürler; sağ ol; sağol; sağolun; sağ olun; eyvallah; tşk
ar: شكرا~; شكرا لك; شكرا جزيلا; مشكور; مشكورة; مشكورين; يعطيك العافية; تسلم; تسلمون; ممنون; جزاك الله خير; متشكر
he: תודה~; תודה רבה; תודה לך; אלף תודות
fa: ممنون; ممنونم; متشکرم; مرسی; سپاس; سپاسگزارم; خیلی ممنون; تشکر; دستت درد نکنه; دستتون درد نکنه
ur: شکریہ; بہت شکریہ; مہربانی; جزاک اللہ
hi: धन्यवाद; शुक्रिया; आभार; बहुत धन्यवाद; थैंक्स; थैंक यू; dhanyavad; dhanyawad; shukriya
mr: धन्यवाद; आभारी आहे
bn: ধন্যবাদ; অনেক ধন্যবাদ; শুকরিয়া
ta: நன்றி; மிக்க நன்றி
te: ధన్యవాదాలు; ధన్యవాదములు; కృతజ్ఞతలు
hy: շնորհակալ*; մերսի; շնորհակալություն
ka: მადლობა; გმადლობ*; დიდი მადლობა
el: ευχαριστώ; ευχαριστούμε; σας ευχαριστώ; σ'ευχαριστώ
ro: mulțumesc; mulţumesc; mersi; mulțumim; mulțam
hu: köszönöm; köszi; köszönjük
cs: děkuji; děkuju; díky; děkujeme
sk: ďakujem; vďaka; ďakujeme
bg: благодаря; мерси; благодарим
sr: hvala; hvala vam; хвала
sv: tackar; tack så mycket
da: mange tak; tusind tak
no: tusen takk; mange takk
fi: kiitos; kiitoksia; kiitti; kiitos paljon
id: terima kasih; terimakasih; makasih; mksh; trimakasih; makasi
ms: terima kasih
tl: salamat; salamat po; maraming salamat
sw: asante; asanteni; asante sana
vi: cảm ơn; cám ơn; cảm ơn bạn; cảm ơn nhiều; đa tạ
th: ขอบคุณ; ขอบใจ; ขอบพระคุณ
lo: ຂອບໃຈ
km: អរគុណ
my: ကျေးဇူး
zh: 谢谢; 謝謝; 多谢; 多謝; 感谢; 感謝; 谢啦; 謝啦; 辛苦了; 唔該; 唔该
ja: ありがとう; 有難う; ありがたい; 感謝; どうも
ko: 감사합니다; 감사해요; 고맙습니다; 고마워*; 감사*; 땡큐
kk: рахмет; рақмет
az: təşəkkür*; çox sağ ol; sağ olun
"""

THANKS_ALONE = """
en: ty; tq; tyvm; 🙏; 🙏🙏; 🙏🙏🙏
sv: tack
no: takk
pt: obg
hu: kösz
cs: dík
"""
"""Short words that mean other things elsewhere: they count as the whole message."""

PLEASE = """
en: please; pls; plz; kindly; can you; could you; i need
es: por favor; porfa
pt: por favor
fr: s'il vous plaît; s'il te plaît; svp; stp; veuillez
de: bitte
it: per favore; per piacere; prego di
nl: alstublieft; alsjeblieft; graag
pl: proszę
ru: пожалуйста; прошу; плиз; пож
uk: будь ласка; прошу
tr: lütfen
ar: من فضلك; رجاء~; يرجى; ساعدني; عافاك; لو سمحت; ارجو; أرجو
he: בבקשה
fa: لطفا
ur: براہ کرم; مہربانی فرما
hi: कृपया; प्लीज; प्लीज़
bn: দয়া করে; প্লিজ
hy: խնդրում եմ; խնդրեմ
id: tolong; mohon
vi: vui lòng; làm ơn
th: กรุณา; ช่วย; รบกวน
zh: 请问; 請問; 麻烦; 麻煩; 请帮; 請幫
ja: お願い; ください; 教えて
ko: 부탁*; 주세요*; 해주세요*
"""
"""Thanks that come with one of these are for something still to be done."""

NOT_ANGRY = """
en: not (angry|a scam|mad|a fraud); no longer angry; not the worst; worst case; worst-case; holy shit; angry birds;
  fraud (protection|prevention|department|insurance); anti-fraud
es: no estoy (enojado|enojada|enfadado|enfadada|furioso|furiosa); no es una estafa
pt: não estou (irritado|irritada|furioso|furiosa); não é golpe
de: nicht (wütend|verärgert); kein betrug
fr: pas en colère; pas une arnaque
ru: не (злой|обман|ужасно)
hi: गुस्सा नहीं; नाराज नहीं; नाराज़ नहीं; धोखा नहीं
zh: 不生气; 不生氣; 没生气; 沒生氣; 别生气; 別生氣; 不是骗子; 不是騙子; 垃圾桶; 垃圾袋; 垃圾箱; 垃圾车; 垃圾車;
  垃圾分类; 垃圾處理; 垃圾处理
ja: 最低(価格|料金|注文|限|数量|ロット|温度|何|でも|いくら); 怒ってない; 怒っていません
ko: 쓰레기통*; 쓰레기봉투*
tr: kızgın değil*
th: ไม่โกรธ; ไม่ได้โกรธ
"""

NOT_THANKS = """
en: no thanks; no, thanks; no thank you; no, thank you; (thanks|thank you) in advance; appreciate it if; (say|write)
  (thanks|thank you); thanks but; thanks, but; thank you but; thank you, but; thanks for nothing; thanks to;
  thanksgiving
es: no gracias; no, gracias; gracias por nada; gracias pero; gracias, pero; gracias de antemano
pt: não obrigado; não, obrigado; não obrigada; não, obrigada; obrigado mas; obrigado, mas; obrigado desde já
fr: non merci; non, merci; merci d'avance; merci mais; merci, mais; merci de; merci pour rien
de: nein danke; nein, danke; danke nein; danke im voraus; danke im vorraus; vielen dank im voraus; danke aber; danke,
  aber; danke für nichts
it: no grazie; no, grazie; grazie in anticipo; grazie ma; grazie, ma; grazie a
nl: nee dank je; nee bedankt; nee, bedankt; alvast bedankt; bedankt maar
pl: nie dziękuję; nie, dziękuję; z góry dziękuję; dziękuję ale; dziękuję, ale
ru: нет спасибо; нет, спасибо; заранее спасибо; спасибо заранее; спасибо но; спасибо, но; спасибо не надо; не надо
  спасибо; заранее благодарю
uk: ні дякую; ні, дякую; заздалегідь дякую; дякую але; дякую, але
tr: hayır teşekkür*; hayır, teşekkür*; şimdiden teşekkür*; teşekkürler ama; teşekkürler, ama
ar: لا شكرا; لا، شكرا; شكرا مقدما; شكرا لكن; شكرا ولكن
he: לא תודה; לא, תודה; תודה מראש; תודה אבל
fa: نه ممنون; نه مرسی; نه، ممنون; پیشاپیش ممنون
hi: नहीं धन्यवाद; नहीं, धन्यवाद; nahi dhanyavad
hy: ոչ շնորհակալ*; ոչ, շնորհակալ*; նախապես շնորհակալ*; կանխավ շնորհակալ*
id: tidak terima kasih; tidak, terima kasih; terima kasih sebelumnya; terima kasih tapi; makasih tapi
vi: không cảm ơn; không, cảm ơn; cảm ơn trước; cảm ơn nhưng
th: ไม่เป็นไรขอบคุณ; ไม่ขอบคุณ; ขอบคุณล่วงหน้า
zh: 不用谢; 不用謝; 不谢; 不謝; 不用了谢谢; 不用了謝謝; 不用了，谢谢; 不用了，謝謝; 不，谢谢; 不，謝謝; 不要谢谢;
  先谢谢; 先謝謝; 提前谢谢; 感恩节; 感恩節
ja: どうもこうも; どうもおかしい; いいえ、ありがとう
ko: 아니요 감사*; 아니요, 감사*; 미리 감사*
"""

GLAD = """
en: great; perfect; awesome; amazing; wonderful; excellent; fantastic; love; lovely; happy; congratulations; congrats;
  nice; wow; super; yay; yes; welcome; best; birthday; hello; hi; hey; good morning
es: genial; perfecto; excelente; maravilloso; increíble; me encanta; feliz; felicidades; sí; hola; buenos días; bien
pt: ótimo; perfeito; excelente; maravilhoso; incrível; adorei; amei; feliz; parabéns; sim; oi; olá; bom dia
fr: génial; parfait; super; excellent; magnifique; j'adore; heureux; heureuse; bravo; félicitations; oui; bonjour;
  salut
de: toll; super; perfekt; wunderbar; großartig; klasse; prima; spitze; freue; glücklich; glückwunsch; ja; hallo; guten
  morgen; liebe
it: fantastico; perfetto; ottimo; bellissimo; meraviglioso; felice; auguri; complimenti; sì; ciao; buongiorno
nl: geweldig; perfect; fantastisch; mooi; fijn; gefeliciteerd; ja; hallo
pl: super; świetnie; świetny; doskonale; idealnie; wspaniale; gratulacje; tak; cześć; dzień dobry
ru: отлично; супер; прекрасно; замечательно; класс; круто; ура; поздравляю; да; привет; здравствуйте; люблю; рада; рад
uk: чудово; супер; прекрасно; клас; круто; ура; вітаю; привіт; рада; радий
tr: harika; süper; mükemmel; muhteşem; güzel; tebrikler; evet; merhaba; mutlu
ar: رائع~; رائعة~; ممتاز~; جميل~; مبروك~; عظيم; حلو; نعم; أحب; مرحبا; أهلا; السلام عليكم
he: מעולה; נהדר; מושלם; אוהב; אוהבת; מזל טוב; כן; שלום; יופי
fa: عالی*; خوب; فوق العاده; تبریک; بله; سلام; خوشحال*
hi: बढ़िया; शानदार; बहुत अच्छा; अच्छा; वाह; बधाई; हाँ; नमस्ते; खुश; पसंद
hy: հիանալի*; գերազանց*; հրաշալի*; սուպեր; շնորհավոր*; այո; բարև*; լավ
id: bagus; mantap; keren; hebat; sempurna; selamat; halo; senang
vi: tuyệt; tuyệt vời; hoàn hảo; đẹp; chúc mừng; vui; vâng; chào
th: เยี่ยม; ดีมาก; สุดยอด; ยินดี; สวัสดี; ชอบ; รัก
zh: 太好; 很好; 太棒; 棒; 完美; 喜欢; 喜歡; 恭喜; 开心; 開心; 你好; 好的; 好呀; 哇
ja: 最高; 素晴らし; すごい; 嬉し; うれし; おめでと; 好き; はい; こんにち; 楽しみ
ko: 최고*; 좋아*; 좋습*; 대박*; 완벽*; 축하*; 네; 안녕*; 기뻐*; 멋*
"""
