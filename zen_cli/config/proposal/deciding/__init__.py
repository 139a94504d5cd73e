"""What becomes of data: a config as plain data, from facts alone."""

from zen_cli.config.proposal.deciding import examples, forecast, table, text
from zen_cli.config.proposal.deciding.choice import Choice, Prepared, Proposal
from zen_cli.config.proposal.looking.facts import ExampleFacts, Facts, SeriesFacts, TableFacts, TextFacts


def data_of(facts: Facts) -> Choice:
    """The `data` section. DataError where the data are too few."""
    match facts:
        case SeriesFacts():
            return forecast.data_of(facts)
        case TableFacts():
            return table.data_of(facts)
        case ExampleFacts():
            return examples.data_of(facts)
        case TextFacts():
            return text.data_of(facts)


def proposed(facts: Facts, data: Choice, prepared: Prepared) -> Proposal:
    """The rest of the config, for the examples that this section makes."""
    match facts:
        case SeriesFacts():
            model, purpose = forecast.model_of(facts, prepared), forecast.purpose(facts, data.settings["data"])
            found = (*forecast.found(facts), *facts.notes)
        case TableFacts():
            model, purpose = table.model_of(facts, prepared), table.purpose(facts)
            found = (*table.found(facts), *facts.notes)
        case ExampleFacts():
            model, purpose, found = examples.model_of(facts, prepared), examples.purpose(facts), examples.found(facts)
        case TextFacts():
            model, purpose, found = text.model_of(facts, prepared), text.purpose(facts), text.found(facts)
    return Proposal(purpose, found, {**data.settings, **model.settings}, {**data.remarks, **model.remarks})
