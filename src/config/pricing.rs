//! What lookups cost under the contract, and how much a run may spend.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnostics::Problem;
use super::effective::EffectiveSettings;
use super::resolver::{ConfigResolver, Reported, Resolved};
use super::values::PriceValue;
use crate::enricher::Settings;
use crate::lookup::Caps;
use crate::model::{AcceptedResults, LookupResult, Money, Plmn};
use crate::numbering::Region;
use crate::pricing::Tariff;
use crate::suggest::nearest;

/// The key of the price for countries and networks that are not in the table.
const DEFAULT: &str = "default";

/// Fills in the tariff and the caps.
pub(super) fn prices(resolver: &mut ConfigResolver, settings: &mut Settings) -> Resolved<()> {
    let (tariff, caps) = (tariff(resolver), caps(resolver));
    let caps = caps.map(|caps| settings.caps = caps);
    let tariff = tariff.map(|tariff| settings.tariff = Arc::new(tariff));
    tariff.and(caps)
}

/// Notes the settings that decide about money.
pub(super) fn note_prices(resolver: &ConfigResolver, settings: &Settings, effective: &mut EffectiveSettings) {
    if let Some(price) = settings.tariff.price {
        effective.note("price", price, resolver.origin("price", "default"));
    }
    if let Some(lookups) = settings.caps.lookups {
        effective.note("max_lookups", lookups, resolver.origin("max_lookups", "default"));
    }
    if let Some(cost) = settings.caps.cost {
        effective.note("max_cost", cost, resolver.origin("max_cost", "default"));
    }
}

fn caps(resolver: &mut ConfigResolver) -> Resolved<Caps> {
    let cost = resolver.raw.max_cost.map(|cost| resolver.diagnosed("max_cost", Money::from_number(cost)));
    Ok(Caps { lookups: resolver.raw.max_lookups, cost: cost.transpose()? })
}

fn tariff(resolver: &mut ConfigResolver) -> Resolved<Tariff> {
    let mut tariff = Tariff::default();
    let priced = match resolver.raw.price.clone() {
        None => Ok(()),
        Some(PriceValue::OfAll(price)) => {
            resolver.diagnosed("price", Money::from_number(price)).map(|price| tariff.price = Some(price))
        }
        Some(PriceValue::ByPlace(prices)) => by_place(resolver, &prices, &mut tariff),
    };
    let free = resolver.raw.free_results.clone().map(|texts| free_results(resolver, &texts)).transpose();
    let accepted = resolver.raw.accept_results.clone().unwrap_or_default();
    let accepted = accepted_results(resolver, &accepted);
    priced?;
    if let Some(free) = free? {
        tariff.free = free;
    }
    tariff.accepted = accepted?;
    Ok(tariff)
}

fn by_place(
    resolver: &mut ConfigResolver,
    prices: &BTreeMap<String, f64>,
    tariff: &mut Tariff,
) -> Resolved<()> {
    let mut priced = Ok(());
    for (place, price) in prices {
        let one = price_of(resolver, place, *price, tariff);
        priced = priced.and(one);
    }
    priced
}

fn price_of(
    resolver: &mut ConfigResolver,
    place: &str,
    price: f64,
    tariff: &mut Tariff,
) -> Result<(), Reported> {
    let price = Money::from_number(price).map_err(|error| format!("{place}: {error}"));
    let price = resolver.check("price", price)?;
    if place == DEFAULT {
        tariff.price = Some(price);
    } else if let Some(network) = Plmn::from_digits(&place.replace('-', "")) {
        tariff.by_network.insert(network, price);
    } else if let Ok(country) = place.parse::<Region>() {
        tariff.by_country.insert(country.code().to_owned(), price);
    } else {
        let problem = Problem::new(format!("{place:?} is neither a country nor a network"))
            .with_help("write a country as SE, a network as \"240-08\", all others as default");
        return Err(resolver.report("price", problem));
    }
    Ok(())
}

fn free_results(resolver: &mut ConfigResolver, texts: &[String]) -> Resolved<Vec<LookupResult>> {
    // A throttled number was not looked up, so it is free under any contract.
    let mut free = Ok(vec![LookupResult::RequestThrottled]);
    for text in texts {
        match (free_result(text), &mut free) {
            (Ok(result), Ok(free)) => free.push(result),
            (Ok(_), Err(_)) => {}
            (Err(problem), _) => free = Err(resolver.report("free_results", problem)),
        }
    }
    free
}

fn accepted_results(resolver: &mut ConfigResolver, texts: &[String]) -> Resolved<AcceptedResults> {
    let is_refusal = |text: &&String| {
        let result = LookupResult::from_text(text);
        !text.trim().is_empty() && AcceptedResults::default().refuses(&result)
    };
    if let Some(text) = texts.iter().find(|text| !is_refusal(text)) {
        let problem = Problem::new(format!("{text:?} is always accepted as it is"))
            .with_help("name a result that the interface document does not list, or IMSI_LOOKUP_BLOCKED");
        return Err(resolver.report("accept_results", problem));
    }
    Ok(AcceptedResults::new(texts.iter().map(|text| text.trim())))
}

fn free_result(text: &str) -> Result<LookupResult, Problem> {
    match LookupResult::from_text(text) {
        LookupResult::Unrecognised(_) => {
            let known = LookupResult::DOCUMENTED.map(|result| result.text().to_lowercase());
            let near = nearest(text, known.iter().map(String::as_str));
            let near =
                LookupResult::DOCUMENTED.iter().find(|known| Some(&*known.text().to_lowercase()) == near);
            let help = near.map(|result| format!("did you mean {:?}?", result.text()));
            let problem = format!("{text:?} is not a result of the interface document");
            Err(Problem::new(problem).with_help_if(help))
        }
        result => Ok(result),
    }
}
