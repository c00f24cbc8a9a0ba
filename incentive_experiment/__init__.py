"""The study's app for oTree, made from its design; see design.py."""

from incentive_experiment.design import STUDY
from lab.app import app_of

__getattr__ = app_of(STUDY)
