"""oTree's side of every study: it depends on none.

The server:

    server.py      the command that starts it; supervisor.py starts it again when it dies, and
                   waiting_room.py answers meanwhile
    lifespan.py    what happens when it starts and ends
    gate.py        every request: its body is read, then it works alone, then it is answered
    lock.py        one thing at a time, the most urgent first
    limit.py       at most so many seconds; memory.py when Python looks for garbage
    helper/        the process that does what is slow and asked for by the experimenter
    mending/       gaps in oTree that would lose or spoil data, one place of it a file
    door.py        secret key, password, and who may start a server that others can reach
    copies.py      copies of the database, and putting one back
    remove.py      removing one person, or what ties people to their panel
    diary.py       what the server writes down about itself; board.py shows it
    clock.py       the time by which rounds are held

Pages:

    app.py         a study as an oTree app: database, pages and exports, made from its design
    setup.py       checks when the server starts and when a session is created
    configs.py     whether the config of a new session may be as somebody wants it
    sessions.py    looking up a session: its config, its study, its players as steps see them
    tables.py      the tables beside the players: rounds' answers and the other logs
    fields.py      database fields from the columns of a study, and questions from its words
    page.py        the page that every page is made from; ending.py those that end a study
    own_pages.py   our pages where oTree has bare ones: rooms, waiting, full, errors
    wording.py     texts, numbers and money in the participant's language
    rounds/        rounds of the effort task: page, socket, and what is stored
    panel.py       people whom an online panel sends, and the way back
    assignment.py  drawing an arm and claiming it
    earnings.py    what a participant has earned
    report.py      what the experimenter sees in the admin report
    preview.py     what each arm reads, side by side

Simulated participants (`people/`):

    demo.py        every study with bots, from the first page to the report; progress.py says how
                   far it is
"""
