"""Instruments: questions and rounds with wording of their own in every language, and a source."""
