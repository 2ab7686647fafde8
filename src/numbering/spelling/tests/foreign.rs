//! What is no telephone number, or not all of one.

use super::*;

#[test]
fn placeholders_are_empty() {
    for text in [
        "",
        " ",
        "\u{a0}\u{200b}",
        "\0\0",
        "-",
        "--",
        "?",
        ".",
        "+",
        "\"\"",
        "NULL",
        "(null)",
        "None",
        "NaN",
        "n/a",
        "#N/A",
        "N.A.",
        "<NA>",
        "\\N",
        "nil",
        "unknown",
        "()",
        "[]",
        "{}",
        "[null]",
        ", ",
        "null, null",
        ";",
    ] {
        assert_eq!(read(text), "empty", "{text:?}");
    }
}

#[test]
fn scientific_notation_is_read_where_every_digit_is_there() {
    for (text, expected) in [
        ("4.6701740605E10", "46701740605"),
        ("4.6701740605E+10", "46701740605"),
        ("4,6701740605e+10", "46701740605"),
        ("+4.6701740605E10", "+46701740605"),
        ("\"4.6701740605E+10\"", "46701740605"),
        ("4.47700900123E11", "447700900123"),
        ("4.520123456E9", "4520123456"),
        ("46701740605E0", "46701740605"),
        ("4.67017406050E10", "46701740605"),
        ("4.477009001E11", "digits_lost"),
        ("4.67017E+10", "digits_lost"),
        ("4,67017E+10", "digits_lost"),
        ("4.67E10", "digits_lost"),
        ("4e+10", "digits_lost"),
        ("+4.67017e+10", "digits_lost"),
        ("4670174060512340000", "digits_lost"),
        ("4.9151234531951E12", "not_a_number"),
        ("4.6E-5", "not_a_number"),
        ("E10", "not_a_number"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn digits_that_are_no_telephone_number_are_refused() {
    for text in [
        "mobile",
        "call me",
        "name@example.com",
        "ann2@example.com",
        "46701740605@example.com",
        "ID-46701740605",
        "ID 46701740605",
        "id:46701740605",
        "Order 46701740605",
        "order #46701740605",
        "#46701740605",
        "Kontonummer 46701740605",
        "Rechnungsnummer: 0701740605",
        "A46701740605",
        "46701740605A",
        "SE46701740605",
        "SE 46701740605",
        "46701740605-B",
        "1-800-FLOWERS",
        "1 800 FLOWERS",
        "1-800-MOBILE",
        "1-800-GO-FEDEX",
        "SE4550000000058398257466",
        "IBAN DE89 3704 0044 0532 0130 00",
        "550e8400-e29b-41d4-a716-446655440000",
        "2026-11-25",
        "25.11.2026",
        "11/25/2026",
        "2026/11/25",
        "2026-11-25 10:00",
        "2026-11-25T10:00:00Z",
        "2026-11-25 10",
        "25 Nov 2026",
        "10:00",
        "192.168.10.20",
        "10.20.30.40",
        "00:1B:44:11:3A:B7",
        "2001:db8:85a3::8a2e:370:7334",
        "1,234,567.00",
        "1.234.567,00",
        "$46701740605",
        "46701740605 €",
        "12345678 SEK",
        "46701740605.5",
        "46701740605.25",
        "+46701740605.5",
        "46701740605,25",
        "57.7089, 11.9746",
        "59.3293235, 18.0685808",
        "59.3293235",
        "151.2092955",
        "123-45-6789",
        "811228-9874",
        "19811228-9874",
        "123.456.789-09",
        "12.345.678/0001-95",
        "12.345.678-5",
        "45384.3478",
        "25.11.2026 10.00",
        "556677-8899",
        "16556677-8899",
        "0-306-40615-2",
        "Ann 5 070-1740605",
        "Ann (35) 0701740605",
        "24/7 0701740605",
        "1985-05-05 0701740605",
        "0701740605 2026-11-25",
        "PO 46701740605",
        "pin 1234567",
        "+46701740605 (2)",
        "0701740605 2",
        "1) 0701740605",
        "1. 0701740605",
        "(1) 0701740605",
        "978-3-16-148410-0",
        "Fax: +46701740605",
        "+46701740605 (fax)",
        "📠 +46701740605",
        "pager 0701740605",
        "+46 70 174 XX XX",
        "+4670174****",
        "+46 70 174 •• ••",
        "+4670174...",
        "070 174 06 0?",
        "46701740605½",
        "Storgatan 12, 41138 Göteborg",
        "2nd floor",
        "room 1234567b",
        "50 %",
        "v1.2.3456789",
        "1,234,567",
        "_46701740605",
        "2024.0115",
        "4670.1740605",
        "701740.605",
        "46701.740605",
        "-46701740605",
        "\u{2212}46701740605",
        " -46701740605 ",
        "\"-46701740605\"",
        "(-46701740605)",
        "=-46701740605",
        "-701740605",
        "@46701740605",
    ] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
}

/// Words in many languages for what other numbers are called, beside digits that would be a mobile.
#[test]
fn digits_without_a_sign_of_a_telephone_are_refused_beside_other_words() {
    for word in "CVR|ИНН|org|Org.nr|reg nr|Reg. no.|bankgiro|Bankgiro:|amount|Betrag|Summe|total|Total|price|Preis|född|Född|member|\
        Mitglied|medlem|policy|Police|contract|Vertrag|Avtal|Contrat|receipt|Quittung|Kvitto|tracking|Sendung|transaction|\
        Transaktion|Postboks|Postfach|Hauptstraße|Storgatan|Main Street|Rue|Calle|kg|pcs|Stk|followers|views|inhabitants|\
        Einwohner|Steuer|пасп|паспорт|договор|Заказ|счет|Post|Article|Artikel|Lot|Batch|Matricule|Patient|Student|ABN|EGN|\
        OIB|JMBG|PPS|DUNS|zkratka|code|Anzahl:|Menge:|Kontrakt|Saldo|Importe|Montant|lote:|رقم الطلب"
        .split('|')
        .map(str::trim)
    {
        for text in [format!("{word} 46701740605"), format!("46701740605 {word}"), format!("{word} 701740605")] {
            assert_eq!(read(&text), "not_a_number", "{text:?}");
        }
    }
    for text in [
        "Ann 701740605",
        "Ann 4795550123",
        "ann 46701740605",
        "ANN 46701740605",
        "Ann: 46701740605",
        "Ann 46701740605",
        "46701740605 Ann",
        "Ann Berg 46701740605",
        "46701740605 (Ann)",
        "Ann -46701740605",
        "Ann Summe 12 345 678",
    ] {
        assert_eq!(read(text), "not_a_number", "{text:?}");
    }
    assert_eq!(read("CVR 701740605 / 0701740606"), "not_a_number");
    assert!(all("CVR 701740605 / 0701740606").is_empty());
    assert_read(&["Price +46701740605", "Ann Post: +46701740605", "Total +46 701740605"], "+46701740605");
    assert_read(&["Ann 0701740605", "ann 070-174 06 05", "Lot 0701740605"], "0701740605");
    assert_read(&["- 46701740605", "Tel -46701740605"], "46701740605");
    assert_read(&["-0701740605", "-070-1740605", "- 0701740605"], "0701740605");
    assert_read(&["Ann 912 34 567"], "91234567");
}

/// What the number of a file, a bill or a machine is called, in some twenty languages: no list of
/// words has them all, and each of them looks like a name.
#[test]
fn no_word_that_is_not_a_label_makes_bare_digits_a_telephone_number() {
    for word in "Aktenzeichen|Beleg|Vorgang|Bestellung|Lieferschein|Rechnung|Auftrag|Kennzeichen|Fahrgestell|Zähler|Charge|\
        Dossier|Facture|Commande|Bordereau|Expediente|Factura|Pedido|Albarán|Siniestro|Fattura|Ordine|Bolla|Pratica|Fatura|\
        Processo|Encomenda|Dossiernummer|Bestelling|Factuur|Ärende|Faktura|Beställning|Ordre|Sag|Sak|Tilaus|Lasku|Hakemus|\
        Zamówienie|Zlecenie|Sprawa|Objednávka|Případ|Számla|Rendelés|Ügy|Comandă|Dosar|Поръчка|Дело|Заявка|Накладная|Справа|\
        Παραγγελία|Τιμολόγιο|Sipariş|Dosya|הזמנה|طلب|سفارش|आदेश|Pesanan|Đơn|Case|Ticket|Invoice|Voucher|Docket|Serial|Meter"
        .split('|')
        .map(str::trim)
    {
        for text in [
            format!("{word} 46701740605"),
            format!("46701740605 {word}"),
            format!("{word}: 46701740605"),
            format!("{word} 15112345678"),
        ] {
            assert_eq!(read(&text), "not_a_number", "{text:?}");
        }
    }
    assert_read(&["Aktenzeichen +46701740605", "Ärende +46701740605"], "+46701740605");
}

#[test]
fn more_digits_than_any_number_has_are_too_long() {
    assert_eq!(read("1234567890123456789012345"), "too_long");
    assert_eq!(read("4111 1111 1111 1111"), "4111111111111111");
}
