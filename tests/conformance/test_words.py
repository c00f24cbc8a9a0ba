"""Words: all of them in every language, with the same parts, values and answers."""

from __future__ import annotations

from study import messages, words
from study.step import questions


def shape(tree):
    """What must be alike in all languages: names, numbers of parts, values that are quoted."""
    if isinstance(tree, dict):
        return {name: shape(each) for name, each in tree.items()}
    if isinstance(tree, list):
        return [shape(each) for each in tree]
    return sorted(words.placeholders(tree))


def test_every_word_stands_in_every_language(study, language):
    """Promise 3."""
    words.check(study)
    messages.check(study)
    first = study.languages[0]
    for step in study.path:
        here, there = (words.of_step(study, step, each) for each in (language, first))
        assert shape(here) == shape(there), step.name
        assert all(text.strip() for _, text in words.strings(here)), step.name
    for name in (words.COMMON, words.TASK) if "task" in study.parameters else (words.COMMON,):
        assert shape(words.shared(language, name)) == shape(words.shared(first, name)), name


def test_every_question_and_every_answer_has_its_words(study, language):
    """Promise 3. Looked up one by one, as the pages do."""
    for step in study.path:
        if step.asks_for_itself:
            continue
        for column in questions(step, study):
            texts = words.of_question(study, step, column, language)
            answers = {"choice": list(column.values), "boolean": ["True", "False"]}
            assert texts["label"], column.name
            for answer in answers.get(column.type, []):
                assert texts["options"][answer], (column.name, answer)


def test_languages_differ(study):
    """Promise 3: nothing was left in the language that it was translated from."""
    first, *others = study.languages
    for language in others:
        for step in study.path:
            if step.page:
                title = words.of_step(study, step, language).get("title")
                assert title is None or title != words.of_step(study, step, first)["title"]
