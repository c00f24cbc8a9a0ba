"""How simulated people respond to the source of the information: assumptions, no findings."""

from people.assumptions import People

PEOPLE = People(
    effects={
        "willingness": {"beneficiary": 0.4, "organisation": 0.1},
        "effort": {"beneficiary": 0.1},
        "impact_perceived": {"beneficiary": 0.3},
    },
    main=("willingness", "effort"),
    stops={"effort": -3.2, "voluntary": -0.8},
)
