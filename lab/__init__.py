"""What the four apps share on oTree's side. It depends on no app.

setup.py       checks when the server starts and when a session is created
otree_gaps.py  two gaps in oTree that would spoil data, closed when the server starts
fields.py      database fields from `study/columns.toml`, and questions from `content/`
page.py        the page that every page is made from
first_page.py  language and size of letters, chosen on the first page
own_pages.py   our pages where oTree has bare ones: rooms, waiting, full, errors
wording.py     texts, numbers and money in the participant's language
assignment.py  drawing an arm and claiming it
round_records.py  rounds and answers in the database
round_page.py  the page on which a round is worked
experiment.py  the pages that both experiments have in common
earnings.py    what a participant has earned, from all apps
report.py      what the experimenter sees in the admin report
bots/          simulated participants who go through the real pages
demo.py        both experiments with bots, from the first page to the report
"""
