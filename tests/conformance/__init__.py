"""What every study promises, tried on every study that is found: study × arm × language.

    make conformance                        the studies of this project
    make conformance STUDY=~/my_study       a folder that lies elsewhere, in a copy of the project

No test names a study; what does not apply to one follows from its steps.

     promise                                                            held by
     1   the design is only a declaration, and loads without oTree      test_design
     2   every mistake is named with its file, in one sentence          test_mistakes
     3   every word stands in every language; none is left over         test_words
     4   every column has one writer and an explanation;                test_design
         codebook and README are up to date
     5   participants reach the end, in every arm and language;         test_sessions, test_bots,
         so do those who decline or are screened out                    test_pages (by keyboard)
     6   the export holds the declared columns; `check` is silent       test_sessions, test_bots
     7   what was not reached is empty, never 0                         test_sessions, test_bots
     8   whoever returns goes on where they were                        test_sessions
     9   arms are balanced, drawn at the assignment, as the seed says   test_sessions
    10   nothing gives the arm away: address, source, script, storage   test_sessions, test_pages
    11   every parameter matters, and refuses nonsense in a sentence    test_parameters
    12   pay adds up                                                    test_sessions, test_bots
    13   simulated people answer the same as bots and in the exporter   test_bots
    14   the plan finds what was planted, and not what was not          test_plan
    15   every page is usable: at 320 px, at 400%, by keyboard alone    test_pages

`python -m tests.conformance.breaking` breaks each promise once and sees it fail.
"""
