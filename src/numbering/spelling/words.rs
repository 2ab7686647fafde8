//! What a word beside digits says about them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::tokens::Word;
use crate::numbering::column_name;

/// What a word says about the digits near it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// That they are a telephone number.
    Label,
    /// That they are dialled after the number.
    Extension,
    /// A pause or a wait before more digits; any other time a letter.
    Pause,
    /// That there is another number.
    Conjunction,
    /// That they are not a telephone number, or not one that can be asked about.
    Foreign,
    /// Nothing: a name, or a word of any language.
    Unknown,
}

/// Words and letters before or after a number, beside those of a column's name.
const LABELS: &str = "\
    m t c d o h mob fon fono phon ph fone direct direkt directo work home office private privat business main \
    other personal arbete arbetet jobb jobbet hem hemma bostad kontor arbeit buro buero geschaftlich dienstlich \
    zuhause domicile travail bureau maison perso casa lavoro ufficio trabajo oficina trabalho escritorio thuis \
    zakelijk kantoor hjemme hjem arbejde jobb praca dom koti tyo моб сот раб дом wa whatsapp telegram tg viber \
    signal sms smsto mms mmsto callto call skype facetime imessage wechat zalo contact kontakt hotline primary \
    iphone e164 msisdn type voice cellulare nummer mitt mein";

/// Labels in scripts without blanks between words, as parts of words.
const LABEL_PARTS: &str = "微信 同号 先生 小姐 女士";

const EXTENSIONS: &str = "\
    x ext extn xtn extension exten extensao interno int internal interne anexo ramal anknytning ankn ank anknyt \
    durchwahl dw nebenstelle nst app apparat poste toestel tst doorkiesnummer alanumero lokal lokalnummer lok wewn \
    wew wewnetrzny linka klapka kl mellek доб добавочный вн внутр внутренний дод додатковий внутрішній 内線 内线 分機 \
    分机 转 轉 轉接 转接 내선 구내 שלוחה تحويلة داخلي dahili εσωτ εσωτερικο ต่อ nhanh isub postd";

const CONJUNCTIONS: &str = "\
    or and & och eller und oder et ou y o e og ja tai i lub oraz a nebo alebo vagy es si sau и или та або і й και η \
    ve veya atau dan hoac va 和 或 及 和 または と 또는 및 و او או ו या และ หรือ";

/// Words for numbers of other things, for other machines, and for amounts.
const FOREIGN: &str = "\
    id ids uid uuid guid order bestellung auftrag pedido commande invoice rechnung faktura facture factura fattura \
    fatura booking buchung case ticket ref reference referenz referens referencia kund kunden kunde client klient \
    customer account acct konto compte cuenta conto conta iban bic swift bank card karte ccn ssn personnummer pnr \
    orgnr tin vat vatin ust ustid mwst tva nif nie cif dni cpf cnpj rut rfc curp nip pesel regon bsn kvk siret siren \
    passport pass licence license isbn issn ean upc gtin sku serial sn imei imsi iccid mac ip lat lon lng latitude \
    longitude date datum fecha dob born geb zip postcode postal plz page version ver fax telefax faks faxe telecopie \
    telecopieur telex pager beeper tty tdd f 传真 傳真 ファックス ファクス факс φαξ פקס فاكس inv po so pin code kod password passwort losenord user \
    username login room rum zimmer chambre box apt lgh flat suite unit floor etage isin eur usd sek nok dkk \
    gbp chf pln czk huf ron rub inr kr rs euro euros dollar dollars \
    amount betrag summe belopp montant importe saldo gesamt cvr cnp инн огрн снилс пасп паспорт договор bankgiro \
    plusgiro postgiro ocr postboks postfach kvitto kvittering quittung receipt ricevuta tracking sendung waybill awb \
    transaction transaktion transaccion transazione vertrag policy kontrakt contract contrato contrat contratto avtal \
    mitglied medlem member members steuer steuernummer eori aadhaar gstin followers inhabitants einwohner subscribers \
    kg pcs stk";

/// The same in scripts without blanks between words, as parts of words.
const FOREIGN_PARTS: &str = "\
    订 訂 单 單 编 編 证 證 账 帐 帳 卡 元 円 年 月 日 号 號 番 注文 会員 顧客 口座 郵便 주문 계좌 고객 원 호 บาท";

/// Endings of words for the number of something: `Kontonummer`, `ordernr`.
const FOREIGN_ENDINGS: [&str; 5] = ["nummer", "number", "numero", "номер", "nr"];

static WORDS: LazyLock<HashMap<&str, WordKind>> = LazyLock::new(|| {
    let lists = [
        (FOREIGN, WordKind::Foreign),
        (CONJUNCTIONS, WordKind::Conjunction),
        (LABELS, WordKind::Label),
        (EXTENSIONS, WordKind::Extension),
        ("p w", WordKind::Pause),
    ];
    let words = lists.iter().flat_map(|(list, kind)| list.split_whitespace().map(move |word| (word, *kind)));
    words.collect()
});

/// What a word says.
pub(super) fn kind(word: &Word) -> WordKind {
    let word = word.folded.as_str();
    if let Some(kind) = WORDS.get(word) {
        return *kind;
    }
    let has_part = |list: &str| list.split_whitespace().any(|part| word.contains(part));
    let is_mask = word.len() > 1 && word.bytes().all(|byte| byte == b'x');
    let has_foreign_ending = || FOREIGN_ENDINGS.iter().any(|ending| word.ends_with(ending));
    if column_name::is_telephone_word(word) || (!word.is_ascii() && has_part(LABEL_PARTS)) {
        WordKind::Label
    } else if is_mask || has_foreign_ending() || (!word.is_ascii() && has_part(FOREIGN_PARTS)) {
        WordKind::Foreign
    } else {
        WordKind::Unknown
    }
}

/// Whether a word is of a script without blanks between words, so that it may touch digits.
pub(super) fn may_touch_digits(word: &Word) -> bool {
    word.folded
        .chars()
        .all(|char| matches!(char, '\u{E00}'..='\u{EFF}' | '\u{2E80}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbering::folding::fold;

    #[test]
    fn the_words_are_folded() {
        for word in
            [LABELS, EXTENSIONS, CONJUNCTIONS, FOREIGN].iter().flat_map(|list| list.split_whitespace())
        {
            let folded: String = word.chars().flat_map(char::to_lowercase).map(fold).collect();
            assert_eq!(word, folded);
        }
    }
}
