"""The study's app for oTree, made from its design; see design.py."""

from info_source_experiment.design import STUDY
from lab.app import app_of

__getattr__ = app_of(STUDY)
