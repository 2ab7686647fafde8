//! Why a cell holds no number to look up.

/// Why a text is not a number that can be looked up. The row gets it as its reason and costs
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No text, or a word for it (`NULL`, `n/a`, `-`).
    Empty,
    /// Fewer digits than a number, or a mobile number of that country, can have.
    TooShort,
    /// More digits than a number, or a mobile number of that country, can have.
    TooLong,
    /// Words, a date, an amount, or something else that is no telephone number.
    NotANumber,
    /// More than one number; which one is meant is for the user to say.
    SeveralNumbers,
    /// A national number, and no region was given to complete it with.
    NationalWithoutRegion,
    /// Digits without `+` that may be a complete number or a national one.
    Ambiguous,
    /// A spreadsheet wrote it as `4.67017E+10` or set its last digits to zero; they are lost.
    DigitsLost,
    /// No country has such a number.
    NotInPlan,
    /// A number that no HLR knows, because it is not a mobile number.
    NotMobile(LineKind),
}

/// The kind of a number that is not a mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A fixed line.
    FixedLine,
    /// Paid for by the called party.
    TollFree,
    /// Charged above the standard rate.
    PremiumRate,
    /// Paid for by both parties.
    SharedCost,
    /// Voice over IP.
    Voip,
    /// A personal number, which forwards to another one.
    PersonalNumber,
    /// A pager.
    Pager,
    /// One number for a whole company (a universal access number).
    CompanyNumber,
}

impl Refusal {
    /// Every refusal, in the order of [`Self::index`].
    pub const ALL: [Self; 17] = [
        Self::Empty,
        Self::TooShort,
        Self::TooLong,
        Self::NotANumber,
        Self::SeveralNumbers,
        Self::NationalWithoutRegion,
        Self::Ambiguous,
        Self::DigitsLost,
        Self::NotInPlan,
        Self::NotMobile(LineKind::FixedLine),
        Self::NotMobile(LineKind::TollFree),
        Self::NotMobile(LineKind::PremiumRate),
        Self::NotMobile(LineKind::SharedCost),
        Self::NotMobile(LineKind::Voip),
        Self::NotMobile(LineKind::PersonalNumber),
        Self::NotMobile(LineKind::Pager),
        Self::NotMobile(LineKind::CompanyNumber),
    ];

    /// The index in [`Self::ALL`], for counters.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Empty => 0,
            Self::TooShort => 1,
            Self::TooLong => 2,
            Self::NotANumber => 3,
            Self::SeveralNumbers => 4,
            Self::NationalWithoutRegion => 5,
            Self::Ambiguous => 6,
            Self::DigitsLost => 7,
            Self::NotInPlan => 8,
            Self::NotMobile(kind) => 9 + kind as usize,
        }
    }

    /// The word in the `hlr_reason` column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::NotANumber => "not_a_number",
            Self::SeveralNumbers => "several_numbers",
            Self::NationalWithoutRegion => "national_without_region",
            Self::Ambiguous => "ambiguous",
            Self::DigitsLost => "digits_lost",
            Self::NotInPlan => "not_in_plan",
            Self::NotMobile(LineKind::FixedLine) => "fixed_line",
            Self::NotMobile(LineKind::TollFree) => "toll_free",
            Self::NotMobile(LineKind::PremiumRate) => "premium_rate",
            Self::NotMobile(LineKind::SharedCost) => "shared_cost",
            Self::NotMobile(LineKind::Voip) => "voip",
            Self::NotMobile(LineKind::PersonalNumber) => "personal_number",
            Self::NotMobile(LineKind::Pager) => "pager",
            Self::NotMobile(LineKind::CompanyNumber) => "company_number",
        }
    }
}

/// The word in the `reason` column.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_index_and_a_word_of_its_own() {
        let mut words: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.text()).collect();
        for (index, refusal) in Refusal::ALL.iter().enumerate() {
            assert_eq!(refusal.index(), index);
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Refusal::ALL.len());
    }
}
