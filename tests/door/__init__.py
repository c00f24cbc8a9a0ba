"""Who may come in, and that the server looks after itself."""
