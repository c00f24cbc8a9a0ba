"""The study's app for oTree, made from its design; see design.py."""

from lab.app import app_of
from motivation_survey.design import STUDY

__getattr__ = app_of(STUDY)
