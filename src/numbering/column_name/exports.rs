//! The whole header rows of what other programs export: which columns are telephone numbers, best
//! first.

use super::number_column_candidates;

/// A program, its header, and the columns to find.
type Export = (&'static str, &'static str, &'static [&'static str]);

const EXPORTS: [Export; 24] = [
    (
        "Google Contacts, before 2024",
        "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,Family Name Yomi,\
         Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,Location,Billing Information,\
         Directory Server,Mileage,Occupation,Hobby,Sensitivity,Priority,Subject,Notes,Language,Photo,Group Membership,\
         E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,Phone 1 - Type,Phone 1 - Value,\
         Phone 2 - Type,Phone 2 - Value,Address 1 - Type,Address 1 - Formatted,Address 1 - Street,Address 1 - City,\
         Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,\
         Address 1 - Extended Address,Organization 1 - Type,Organization 1 - Name,Organization 1 - Yomi Name,\
         Organization 1 - Title,Organization 1 - Department,Organization 1 - Symbol,Organization 1 - Location,\
         Organization 1 - Job Description,Website 1 - Type,Website 1 - Value",
        &["Phone 1 - Value", "Phone 2 - Value"],
    ),
    (
        "Google Contacts",
        "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,\
         Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,\
         Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,\
         Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Phone 3 - Label,Phone 3 - Value,Address 1 - Label,\
         Address 1 - Country,Address 1 - Street,Address 1 - Extended Address,Address 1 - City,Address 1 - Region,\
         Address 1 - Postal Code,Address 1 - PO Box,Custom Field 1 - Label,Custom Field 1 - Value",
        &["Phone 1 - Value", "Phone 2 - Value", "Phone 3 - Value"],
    ),
    (
        "Outlook.com",
        "First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,\
         E-mail 2 Address,E-mail 3 Address,Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,\
         Car Phone,Other Phone,Primary Phone,Pager,Business Fax,Home Fax,Other Fax,Company Main Phone,Callback,\
         Radio Phone,Telex,TTY/TDD Phone,IMAddress,Job Title,Department,Company,Office Location,Manager's Name,\
         Assistant's Name,Assistant's Phone,Company Yomi,Business Street,Business City,Business State,\
         Business Postal Code,Business Country/Region,Home Street,Home City,Home State,Home Postal Code,\
         Home Country/Region,Other Street,Other City,Other State,Other Postal Code,Other Country/Region,\
         Personal Web Page,Spouse,Schools,Hobby,Location,Web Page,Birthday,Anniversary,Notes",
        &[
            "Mobile Phone",
            "Home Phone",
            "Home Phone 2",
            "Business Phone",
            "Business Phone 2",
            "Car Phone",
            "Other Phone",
            "Primary Phone",
            "Company Main Phone",
            "Assistant's Phone",
        ],
    ),
    (
        "Outlook, German",
        "Anrede,Vorname,Weitere Vornamen,Nachname,Suffix,Firma,Abteilung,Position,Straße geschäftlich,\
         Ort geschäftlich,Postleitzahl geschäftlich,Land/Region geschäftlich,Straße privat,Weitere Straße,\
         Telefon Assistent,Fax geschäftlich,Telefon geschäftlich,Telefon geschäftlich 2,Rückmeldung,Autotelefon,\
         Telefon Firma,Fax privat,Telefon privat,Telefon privat 2,ISDN,Mobiltelefon,Weiteres Fax,\
         Weiteres Telefon,Pager,Haupttelefon,Mobiltelefon 2,Telefon für Hörbehinderte,Telex,E-Mail-Adresse,\
         Geburtstag,Regierungsnr.,Konto",
        &[
            "Mobiltelefon",
            "Mobiltelefon 2",
            "Telefon geschäftlich",
            "Telefon geschäftlich 2",
            "Autotelefon",
            "Telefon Firma",
            "Telefon privat",
            "Telefon privat 2",
            "Weiteres Telefon",
            "Haupttelefon",
            "Telefon Assistent",
        ],
    ),
    (
        "Outlook, French",
        "Titre,Prénom,Nom,Société,Service,Rue (bureau),Pays/Région (bureau),Téléphone de l'assistant(e),\
         Télécopie (bureau),Téléphone (bureau),Téléphone 2 (bureau),Rappel,Téléphone (voiture),Téléphone société,\
         Télécopie (domicile),Téléphone (domicile),RNIS,Tél. mobile,Télécopie (autre),Téléphone (autre),\
         Récepteur de radiomessagerie,Téléphone principal,Radio téléphone,Téléphone TDD/TTY,Télex,Adresse de messagerie",
        &[
            "Tél. mobile",
            "Téléphone (bureau)",
            "Téléphone 2 (bureau)",
            "Téléphone (voiture)",
            "Téléphone société",
            "Téléphone (domicile)",
            "Téléphone (autre)",
            "Téléphone principal",
            "Téléphone de l'assistant(e)",
        ],
    ),
    (
        "Outlook, Spanish",
        "Título,Nombre,Apellidos,Organización,Teléfono del ayudante,Fax del trabajo,Teléfono del trabajo,Teléfono móvil,\
         Fax particular,Particular,Otro teléfono,Localizador,RDSI,Télex,Dirección de correo electrónico",
        &["Teléfono móvil", "Teléfono del trabajo", "Otro teléfono", "Teléfono del ayudante"],
    ),
    (
        "Outlook, Swedish",
        "Titel,Förnamn,Efternamn,Företag,Telefon (arbete),Telefon (hem),Mobiltelefon,Fax (arbete),Fax (hem),\
         Personsökare,Texttelefon,E-postadress",
        &["Mobiltelefon", "Telefon (arbete)", "Telefon (hem)"],
    ),
    (
        "Outlook, Dutch",
        "Titel,Voornaam,Achternaam,Bedrijf,Fax op werk,Telefoon op werk,Telefoon op werk 2,Autotelefoon,Telefoon thuis,\
         Mobiele telefoon,Andere telefoon,Semafoon,E-mailadres",
        &[
            "Mobiele telefoon",
            "Telefoon op werk",
            "Telefoon op werk 2",
            "Autotelefoon",
            "Telefoon thuis",
            "Andere telefoon",
        ],
    ),
    (
        "Outlook, Russian",
        "Обращение,Имя,Фамилия,Организация,Рабочий факс,Рабочий телефон,Домашний телефон,Телефон переносной,Пейджер,\
         Телекс,Адрес эл. почты",
        &["Телефон переносной", "Рабочий телефон", "Домашний телефон"],
    ),
    (
        "Outlook, Japanese",
        "敬称,名,姓,会社名,会社 FAX,会社電話,自宅電話 1,携帯電話,その他の電話,ポケットベル,自宅 FAX,電子メール アドレス",
        &["携帯電話", "会社電話", "自宅電話 1", "その他の電話"],
    ),
    (
        "Outlook, Chinese",
        "称谓,名,姓,单位,商务传真,商务电话,住宅电话,移动电话,寻呼机,其他传真,其他电话,电子邮件地址",
        &["移动电话", "商务电话", "住宅电话", "其他电话"],
    ),
    (
        "Thunderbird",
        "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Home Phone,\
         Fax Number,Pager Number,Mobile Number,Home Address,Home City,Home ZipCode,Home Country,Web Page 1,Birth Year",
        &["Mobile Number", "Work Phone", "Home Phone"],
    ),
    (
        "Salesforce",
        "Id,AccountId,LastName,FirstName,Salutation,Name,MailingStreet,MailingCity,MailingCountry,Phone,Fax,MobilePhone,\
         HomePhone,OtherPhone,AssistantPhone,ReportsToId,Email,Title,AssistantName,HasOptedOutOfEmail,HasOptedOutOfFax,\
         DoNotCall,CreatedDate",
        &["MobilePhone", "Phone", "HomePhone", "OtherPhone", "AssistantPhone"],
    ),
    (
        "HubSpot",
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,WhatsApp Phone Number,Fax Number,\
         Contact owner,Lead Status,Country/Region,Calculated Phone Number Country Code,Calculated Phone Number Area Code,\
         Calculated Phone Number Region,Number of Pageviews,Number of Form Submissions",
        &["Mobile Phone Number", "Phone Number", "WhatsApp Phone Number"],
    ),
    (
        "Shopify customers",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,\
         Default Address Address1,Default Address City,Default Address Country Code,Default Address Zip,\
         Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags",
        &["Phone", "Default Address Phone"],
    ),
    (
        "Shopify orders",
        "Name,Email,Financial Status,Paid at,Accepts Marketing,Billing Name,Billing Zip,Billing Country,Billing Phone,\
         Shipping Name,Shipping Country,Shipping Phone,Payment Reference,Phone,Receipt Number,Tax 1 Name",
        &["Phone", "Billing Phone", "Shipping Phone"],
    ),
    (
        "WooCommerce",
        "order_id,order_number,customer_id,billing_first_name,billing_email,billing_phone,billing_country,\
         shipping_first_name,shipping_phone,shipping_country,order_total",
        &["billing_phone", "shipping_phone"],
    ),
    (
        "Zoho CRM",
        "Record Id,Contact Owner,First Name,Last Name,Account Name,Email,Phone,Home Phone,Mobile,Fax,Other Phone,\
         Asst Phone,Skype ID,Mailing Country,Email Opt Out",
        &["Mobile", "Phone", "Home Phone", "Other Phone", "Asst Phone"],
    ),
    (
        "Dynamics 365",
        "(Do Not Modify) Contact,Full Name,Email,Company Name,Business Phone,Mobile Phone,telephone1,Fax,Status,\
         Do not allow Phone Calls,Preferred Method of Contact,Address 1: Phone,Modified On",
        &["Mobile Phone", "telephone1", "Business Phone", "Address 1: Phone"],
    ),
    (
        "Pipedrive",
        "Person - ID,Person - Name,Person - Phone - Work,Person - Phone - Home,Person - Phone - Mobile,\
         Person - Phone - Other,Person - Email - Work,Phone - Mobile,Person - Owner,Person - Open deals",
        &[
            "Phone - Mobile",
            "Person - Phone - Mobile",
            "Person - Phone - Work",
            "Person - Phone - Home",
            "Person - Phone - Other",
        ],
    ),
    (
        "SAP",
        "KUNNR,NAME1,LAND1,ORT01,TELF1,TELF2,TELFX,TELBX,TELTX,TELX1,TEL_NUMBER,TEL_EXTENS,MOB_NUMBER,FAX_NUMBER,\
         SMTP_ADDR",
        &["MOB_NUMBER", "TELF1", "TELF2", "TEL_NUMBER"],
    ),
    (
        "Odoo",
        "id,display_name,phone,mobile,email,country_id,phone_sanitized,phone_blacklisted,mobile_blacklisted",
        &["mobile", "phone", "phone_sanitized"],
    ),
    (
        "Mailchimp",
        "Email Address,First Name,Last Name,Address,Phone Number,SMS Phone Number,SMS Marketing Status,Birthday,\
         MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LEID,EUID",
        &["SMS Phone Number", "Phone Number"],
    ),
    (
        "Brevo",
        "CONTACT ID,EMAIL,FIRSTNAME,LASTNAME,SMS,WHATSAPP,LANDLINE_NUMBER,EXT_ID,CONTACT_TIMEZONE,OPT_IN,DOUBLE_OPT-IN",
        &["SMS", "WHATSAPP", "LANDLINE_NUMBER"],
    ),
];

#[test]
fn the_telephone_numbers_of_every_export_are_found() {
    for (program, header, expected) in EXPORTS {
        let names: Vec<&str> = header.split(',').collect();
        let found: Vec<&str> =
            number_column_candidates(&names).into_iter().map(|index| names[index]).collect();
        assert_eq!(found, expected, "{program}");
    }
}
