"""A training followed to its end, and the results that it leaves."""

import click

from zen_cli.config.text.words import count
from zen_cli.data.forecasting import Forecasting
from zen_cli.report import progress, results, tables
from zen_cli.training.interrupt import Interrupted
from zen_cli.training.job import Job
from zen_cli.training.kept import Ending
from zen_cli.training.predictions import Said
from zen_cli.training.run import Run
from zen_cli.training.scores import scores_by_part


def show_ending(run: Run, ending: Ending, quiet: bool) -> None:
    """That there is nothing left to train; only the path of the run, on standard output, where `quiet`."""
    if quiet:
        return click.echo(run.path)
    ended = "is trained to its end" if ending.by == "epochs" else "has ended early, for want of a better score"
    words = f"{run.path} {ended}, after {count(ending.epochs, 'epoch')}: with --epochs N it trains on, to N in all"
    return click.echo(words, err=True)


def go_on(job: Job, quiet: bool) -> None:
    """`finish`, after a word of where it goes on from."""
    if not quiet:
        click.echo(_start_in_words(job), err=True)
    finish(job, quiet)


def finish(job: Job, quiet: bool) -> None:
    """Train to the end, write the results, and say so; only the path of the run, on standard output, where `quiet`."""
    experiment, records = job.experiment, job.records()
    for _ in records if quiet else progress.follow(records, job.plan.epochs):
        pass
    try:
        experiment = job.trained()
        said = Said(experiment, experiment.data)
        scores = scores_by_part(said)
        files = job.attempt(lambda: results.write(job.run, said, scores))
    except Interrupted as stop:
        raise Interrupted(stop.number, job.goes_on_in_words()) from None
    if quiet:
        click.echo(job.run.path)
        return
    preparation = experiment.preparation
    goes_on = isinstance(preparation, Forecasting) and preparation.goes_on
    tables.show_result(job.run, ending_in_words(job), scores, files, goes_on)


def _start_in_words(job: Job) -> str:
    if job.ended_by:
        return f"{job.run.path} is trained to its end; its results are missing, and follow"
    step, epoch = job.position.step, min(job.position.epoch + 1, job.plan.epochs)
    return f"{job.run.path} goes on after step {step:,}, in epoch {epoch:,} of {job.plan.epochs:,}"


def ending_in_words(job: Job) -> list[str]:
    """How long it trained, why no longer, and whose weights the model has."""
    last, best = job.run.records()[-1], job.best
    loss = "not finite" if last["loss"] is None else f"{last['loss']:.4g}"
    words = [f"Trained {count(last['epoch'], 'epoch')}, {count(last['step'], 'step')}: loss {loss}"]
    if job.ended_by == "patience":
        words.append(
            f"It ended early, as {job.experiment.monitor} has not been better for {count(best.waited, 'epoch')}."
        )
    if job.has_best_weights and best.epoch < last["epoch"]:
        words.append(f"The model has the weights of epoch {best.epoch:,}, the best by {job.experiment.monitor}.")
    return words
