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
        "psm": Latent(mean=0.75, spread=0.9),
        "willingness": Latent(mean=0.33, spread=1.2),
    },
    service=0.42,
)
