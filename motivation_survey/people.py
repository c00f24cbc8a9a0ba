"""How simulated people respond to the vignette: assumptions for testing, no findings."""

from people.assumptions import Latent, People

PEOPLE = People(
    effects={
        "willingness": {"money": 0.0, "recognition": 0.0, "residents": 0.0},
        "legitimacy": {"residents": 0.6},
        "works_well": {"residents": 0.05},
    },
    main=("willingness",),
    latents={
        "candour": Latent(spread=1.4),
        "psm": Latent(mean=0.8, spread=1.0, loading=0.62),
        "willingness": Latent(mean=0.33, spread=1.25),
    },
    service=0.36,
    seats=1_300,
    session={"offer_address": "https://example.org/help"},
    log_hours=(1.45, 0.8, 0.4),
)
