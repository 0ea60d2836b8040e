"""Trials as a storage knows them."""

from optuna.trial import Trial


def id_of(trial: Trial) -> int:
    """Return the number that the storage knows a trial by."""
    study = trial.storage.get_study_id_from_name(trial.study.study_name)
    return trial.storage.get_trial_id_from_study_id_trial_number(study, trial.number)
