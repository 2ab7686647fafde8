//! What lookups cost by the contract, and what the run may spend.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::effective::EffectiveSettings;
use super::resolver::ConfigResolver;
use super::values::PriceValue;
use crate::lookup::Caps;
use crate::model::{LookupResult, Money, Plmn};
use crate::numbering::Region;
use crate::pricing::Tariff;
use crate::suggest::nearest;

/// The price for what no other entry of the table names.
const DEFAULT: &str = "default";

/// The tariff and the caps; what was written of them is noted among the choices.
pub(crate) fn settings(
    reading: &mut ConfigResolver,
    choices: &mut EffectiveSettings,
) -> Option<(Arc<Tariff>, Caps)> {
    let tariff = tariff(reading);
    let caps = caps(reading);
    let (tariff, caps) = (tariff?, caps?);
    if caps.cost.is_some() && !tariff.has_prices() {
        reading.problem("max_cost", "a cost needs a price: give --price, or price in the pipeline file");
        return None;
    }
    if let Some(price) = tariff.price {
        choices.note("price", price, reading.origin("price", "default"));
    }
    if let Some(lookups) = caps.lookups {
        choices.note("max_lookups", lookups, reading.origin("max_lookups", "default"));
    }
    if let Some(cost) = caps.cost {
        choices.note("max_cost", cost, reading.origin("max_cost", "default"));
    }
    Some((Arc::new(tariff), caps))
}

fn caps(reading: &mut ConfigResolver) -> Option<Caps> {
    let cost = match reading.written.max_cost {
        Some(number) => Some(reading.sound("max_cost", Money::from_number(number))?),
        None => None,
    };
    Some(Caps { lookups: reading.written.max_lookups, cost })
}

fn tariff(reading: &mut ConfigResolver) -> Option<Tariff> {
    let mut tariff = Tariff::default();
    let mut sound = true;
    match reading.written.price.clone() {
        None => {}
        Some(PriceValue::OfAll(price)) => {
            tariff.price = Some(reading.sound("price", Money::from_number(price))?);
        }
        Some(PriceValue::ByPlace(prices)) => sound = by_place(reading, &prices, &mut tariff),
    }
    if let Some(texts) = reading.written.free_results.clone() {
        // Nothing was looked up, whatever the contract says of the rest.
        tariff.free = vec![LookupResult::RequestThrottled];
        for text in texts {
            match free_result(&text) {
                Ok(result) => tariff.free.push(result),
                Err(problem) => {
                    reading.problem("free_results", problem);
                    sound = false;
                }
            }
        }
    }
    sound.then_some(tariff)
}

fn by_place(reading: &mut ConfigResolver, prices: &BTreeMap<String, f64>, tariff: &mut Tariff) -> bool {
    let mut sound = true;
    for (place, price) in prices {
        let price = Money::from_number(*price).map_err(|no_money| format!("{place}: {no_money}"));
        let Some(price) = reading.sound("price", price) else {
            sound = false;
            continue;
        };
        if place == DEFAULT {
            tariff.price = Some(price);
        } else if let Some(network) = Plmn::from_digits(&place.replace('-', "")) {
            tariff.by_network.insert(network, price);
        } else if let Ok(country) = place.parse::<Region>() {
            tariff.by_country.insert(country.code().to_owned(), price);
        } else {
            let text = format!(
                "{place:?} is neither a country (SE) nor a network (\"240-08\") nor the word default"
            );
            reading.problem("price", text);
            sound = false;
        }
    }
    sound
}

fn free_result(text: &str) -> Result<LookupResult, String> {
    match LookupResult::from_text(text) {
        LookupResult::Unrecognised(_) => {
            let known = LookupResult::DOCUMENTED.map(|result| result.text().to_lowercase());
            let meant = nearest(text, known.iter().map(String::as_str));
            let meant =
                LookupResult::DOCUMENTED.iter().find(|known| Some(&*known.text().to_lowercase()) == meant);
            let offer = meant.map_or(String::new(), |meant| format!("; did you mean {:?}?", meant.text()));
            Err(format!("the interface document has no result {text:?}{offer}"))
        }
        result => Ok(result),
    }
}
