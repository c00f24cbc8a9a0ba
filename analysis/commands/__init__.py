"""The command line: ``cli`` has the commands and their options, ``estimate`` one of them."""
