"""What all studies say: the words around every page, those of the tasks, facts and messages.

A folder for each language; docs/translating.md says how to add one.
"""
